"""What can go wrong, by what it lets us do next.

ArbEdgeError
├── ConfigurationError          the start stops; an operator mends a setting
├── ExchangeError               one call to one exchange did not give an answer
│   ├── ExchangeUnreachable     timeout, reset: the next scan tries again
│   │   └── ExchangeUnreadable  a body that is not what the exchange documents: as good as none; its state is `down`
│   ├── ExchangeBlocked         geo or firewall (451, CDN 403): never the key's fault
│   ├── ExchangeRateLimited     wait `retry_after_s`, ask nothing before
│   ├── ExchangeDown            5xx or maintenance, said by the exchange itself
│   └── ExchangeRefused         our request was wrong (bad symbol, bad parameter): a defect
├── MarketDataUnavailable       neither cache, lake nor exchange has it fresh enough: say so, show nothing
├── CoinDataError               one call to CoinMarketCap did not give an answer; `credits` is what it cost, if known
│   ├── CoinDataUnreachable     timeout, reset: it may have been charged
│   │   └── CoinDataUnreadable   a body that is not what the source documents: as good as none; its state is `down`
│   ├── CoinDataBlocked         geo or firewall: never the key's fault
│   ├── CoinDataDown            5xx, said by the source itself
│   ├── CoinDataLimited         a minute, day, month or address is used up: ask nothing for `retry_after_s`
│   ├── CoinDataKeyRefused      the key is wrong, unpaid, expired or disabled: an operator mends it
│   └── CoinDataRefused         our request was wrong, or the plan does not include it
├── StoreUnavailable            D1 did not answer: nothing was decided, try again
├── MessengerError              one Bot API call failed
│   ├── MessengerThrottled      429: wait `retry_after_s`
│   ├── RecipientUnreachable    blocked, deleted, kicked: stop writing there
│   ├── MessageGone             the message to edit no longer exists
│   ├── MessengerRejected       our call was malformed: a defect, never retried
│   └── MessengerUnavailable    5xx, timeout: the outcome is unknown, retried once
├── MessageInvalid              a queue message this version does not understand
└── RecordRefused               a record the lake must not keep: its figures or texts break its schema
"""

from typing import ClassVar, Final, Literal

ERROR_CHARACTERS_MAX: Final = 400  # of what an exchange said: enough to see what it means

Outcome = Literal["rejected", "retryable", "unknown"]


class ArbEdgeError(Exception):
    """The root: `code` is stable for machines, `outcome` says what the caller may do."""

    code: ClassVar[str] = "internal"
    outcome: ClassVar[Outcome] = "unknown"


class ConfigurationError(ArbEdgeError):
    """One or more settings are missing or malformed; the message lists every one of them."""

    code = "misconfigured"
    outcome = "rejected"


class ExchangeError(ArbEdgeError):
    """A call to an exchange failed; the class is the error class shown in health.

    What it says is cut to a length that can be kept and shown: it may repeat an answer of megabytes.
    """

    code = "exchange_error"

    def __init__(self, message: str) -> None:
        super().__init__(message[:ERROR_CHARACTERS_MAX])


class ExchangeUnreachable(ExchangeError):
    code = "unreachable"


class ExchangeUnreadable(ExchangeUnreachable):
    code = "unreadable"


class ExchangeBlocked(ExchangeError):
    code = "blocked_from_here"
    outcome = "rejected"

    def __init__(self, message: str) -> None:
        super().__init__(f"unreachable from here: {message}")


class ExchangeRateLimited(ExchangeError):
    """Wait `retry_after_s` seconds: the exchange says so or, when not `is_sent`, we held the call back ourselves."""

    code = "rate_limited"
    outcome = "retryable"

    def __init__(self, message: str, retry_after_s: float, *, is_sent: bool = True) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.is_sent = is_sent


class ExchangeDown(ExchangeError):
    code = "down"


class ExchangeRefused(ExchangeError):
    code = "refused"
    outcome = "rejected"


class MarketDataUnavailable(ArbEdgeError):
    """No source has what was asked for, as fresh as the reader wants it. `state` is that of the last one asked."""

    code = "market_data_unavailable"
    outcome = "retryable"

    def __init__(self, message: str, state: str = "unreachable", retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.state = state
        self.retry_after_s = retry_after_s


class CoinDataError(ArbEdgeError):
    """A call to CoinMarketCap failed. `credits`: what the answer says it cost; None when nothing says so."""

    code = "coin_data_error"

    def __init__(self, message: str, *, credits: int | None = None) -> None:  # noqa: A002 - the source's own word
        super().__init__(message)
        self.credits = credits


class CoinDataUnreachable(CoinDataError):
    code = "unreachable"


class CoinDataUnreadable(CoinDataUnreachable):
    code = "unreadable"


class CoinDataBlocked(CoinDataError):
    code = "blocked_from_here"
    outcome = "rejected"


class CoinDataDown(CoinDataError):
    code = "down"


class CoinDataLimited(CoinDataError):
    """A limit of the account or the address is used up; None for `retry_after_s` means until the month's reset."""

    code = "rate_limited"
    outcome = "retryable"

    def __init__(
        self,
        message: str,
        scope: Literal["minute", "day", "month", "address"],
        retry_after_s: float | None,
        *,
        credits: int | None = None,  # noqa: A002 - the source's own word
    ) -> None:
        super().__init__(message, credits=credits)
        self.scope: Literal["minute", "day", "month", "address"] = scope
        self.retry_after_s = retry_after_s


class CoinDataKeyRefused(CoinDataError):
    code = "key_refused"
    outcome = "rejected"


class CoinDataRefused(CoinDataError):
    code = "refused"
    outcome = "rejected"


class StoreUnavailable(ArbEdgeError):
    """The database did not answer, or answered that it could not."""

    code = "store_unavailable"
    outcome = "retryable"


class MessengerError(ArbEdgeError):
    """A Bot API call failed; the description is Telegram's own, never the request's address."""

    code = "messenger_error"


class MessengerThrottled(MessengerError):
    """Telegram asked us to wait `retry_after_s` seconds before the same call."""

    code = "messenger_throttled"
    outcome = "retryable"

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RecipientUnreachable(MessengerError):
    code = "recipient_unreachable"
    outcome = "rejected"


class MessageGone(MessengerError):
    code = "message_gone"
    outcome = "rejected"


class MessengerRejected(MessengerError):
    code = "messenger_rejected"
    outcome = "rejected"


class MessengerUnavailable(MessengerError):
    """Telegram failed. `is_refused` when it said so itself or could not be reached, so that nothing was sent.

    Without that, as after a timeout, the message may exist: it is sent again at most once.
    """

    code = "messenger_unavailable"

    def __init__(self, message: str, *, is_refused: bool = False) -> None:
        super().__init__(message)
        self.is_refused = is_refused


class MessageInvalid(ArbEdgeError):
    """A queue message has an unknown version, kind or shape; it belongs in the dead letters."""

    code = "message_invalid"
    outcome = "rejected"


class RecordRefused(ArbEdgeError):
    """A record that breaks its own schema: no number where one belongs, or a text beyond every bound."""

    code = "record_refused"
    outcome = "rejected"
