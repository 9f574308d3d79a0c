"""Every bound of the system in one place, each with its reason."""

from typing import Final

# -- outbound HTTP
CONNECTIONS_MAX: Final = 6  # the platform holds further ones back until a response header arrives
EXCHANGE_TIMEOUT_S: Final = 3.5  # a scan is due every 10 s; a slower answer is stale anyway
EXCHANGE_BODY_BYTES_MAX: Final = 16_000_000  # the largest bulk answer (Binance exchangeInfo) is several MB
BOOK_BYTES_MAX: Final = 100_000  # fifty levels a side are some five thousand
INSTRUMENTS_OF_FEED_MAX: Final = 10_000  # the longest list has some 3,000
INSTRUMENTS_OF_PAIR_MAX: Final = 20  # on one exchange and market: a coin, in thousands of it, and little else
TELEGRAM_TIMEOUT_S: Final = 8.0

# -- inbound HTTP
WEBHOOK_BODY_BYTES_MAX: Final = 1_048_576  # Telegram's updates are a few kB
API_BODY_BYTES_MAX: Final = 65_536

# -- scan
TICKERS_TIMEOUT_S: Final = 4.0  # all calls of one feed together: with the books it leaves a scan some of its 10 s
BOOKS_TIMEOUT_S: Final = 3.0  # for all order books of a scan
INSTRUMENTS_TIMEOUT_S: Final = 8.0  # several pages on one exchange; nobody waits for them
BOOK_DEPTH: Final = 50  # levels a side kept with an opportunity (product specification, section 3)
SHORTLIST_MAX: Final = 24  # candidates a scan verifies: 48 books, 54 with cycles, fit every budget at a 10 s cadence
SHORTLIST_FRESH_MIN: Final = 8  # of them for what is not open yet, so that many open ones never keep out a new one
REFUSED_MEMORY_MS: Final = 120_000  # of candidates that did not hold up on their order books: twelve scans
NEAR_MISSES_KEPT: Final = 200  # the best dropped candidates of a scan that can be asked about
NEAR_MISSES_OF_A_TYPE_MIN: Final = 20  # so that whoever asks for one type learns what came closest
CANDLES_MAX: Final = 1000  # of one instrument in one answer: what Binance and Bybit give in one call
SETTLEMENTS_MAX: Final = 200  # what every exchange gives in one call, and two months of an eight-hour interval
BAD_DATA_KEPT: Final = 40  # of them for what is no near miss, since a mistaken identity seems to be worth most of all
SCAN_LEASE_MS: Final = 30_000  # a scan older than this has died; the next one may start
INSTRUMENTS_AGE_MS_MAX: Final = 3_600_000  # exchanges change trading rules a few times a week
INSTRUMENTS_RETRY_MS: Final = 60_000  # a megabyte that did not come, or was refused, is not asked for at every scan
INSTRUMENTS_LATE_MS: Final = INSTRUMENTS_AGE_MS_MAX + 3 * INSTRUMENTS_RETRY_MS  # what is this old was asked for twice
WATCHED_MAX: Final = 150  # instruments of one feed under suspicion, some 200 bytes each, that every scan reads
INSTRUMENT_EVENTS_KEPT_MS: Final = 30 * 86_400_000  # a month of listings and changes of rules
REVALUED_MAX: Final = 100  # open opportunities valued again for a list at a size of one's own: a longest page
SCANS_KEPT_MS: Final = 3_600_000  # how long a scan's report can be asked about

# -- technical signals
SIGNAL_ASSETS_MAX: Final = 12  # watched: with three pages on OKX and every stand-in asked, about a hundred requests
SIGNAL_BARS: Final = 720  # hourly: a month, which gives each rule some hundred trades over the watched assets
SIGNALS_SHOWN_MAX: Final = 8  # at once: a third of a scan's candidates, so that arbitrage keeps its place
SIGNAL_TRADES_MIN: Final = 30  # of a rule, before anything is said of it
SIGNAL_MEMORY_MS: Final = 3_600_000  # how long one that has ended keeps its signal from beginning again
SIGNALS_SETTLE_MS: Final = 60_000  # scans that ran while signals were replaced say which ones they had
SIGNALS_KEPT_MS: Final = 30 * 86_400_000

# -- re-pricing what was alerted
APPRAISAL_BOOKS_MAX: Final = 10  # of one exchange in a round: beside a scan's 24 within OKX's 40 in two seconds
APPRAISAL_TICK_MS: Final = 2_000  # from one round to the next, which is OKX's window
APPRAISALS_LOADED_MAX: Final = 200  # looked at in one round; what an outage left over is given up in a few rounds
APPRAISAL_TIMEOUT_S: Final = 2.5  # for the books of a round: the first step is worth nothing 3 s late
APPRAISALS_KEPT_MS: Final = 90 * 86_400_000
LEARNING_ROWS_MAX: Final = 3_000  # outcomes a model is made of: seconds of CPU, once a day
LEARNED_PAIRS_MAX: Final = 500  # whose own history is known to every scan
OUTCOME_MS_MAX: Final = 3_600_000  # what became of something that ended longer ago is not worth an edit
TRACK_RECORD_MS: Final = 30 * 86_400_000
TRACK_RECORD_ROWS_MAX: Final = 10_000  # the newest; beyond that the sums would cost more than they tell
PUBLIC_METRICS_AGE_MS_MAX: Final = 60_000
APPRAISALS_KEEP_ALIVE_MS: Final = 5_000  # a round that failed is tried again

# -- following changes
STREAM_POLL_MS: Final = 5_000  # half a scan's interval; twelve small reads a minute for each listener
STREAM_HEARTBEAT_MS: Final = 10_000  # proxies end silent connections; and a lost one is noticed by writing to it
STREAM_MS_MAX: Final = 300_000  # then the listener comes back, and its rights are looked at again
STREAMS_OF_PERSON_MAX: Final = 5  # open at once: several programs, and some reads a minute for each
STREAM_RETRY_MS: Final = 2_000
STREAM_CHANGES_MAX: Final = 100  # at once; whoever missed more is given the list anew
STREAM_RESUMED_MS_MAX: Final = 3_600_000  # a place in the stream that is older leads to the list

# -- what is like an opportunity
SIMILAR_OPEN_MAX: Final = 100  # read and compared: more than were ever open at once, and some 10 kB each
SIMILAR_ENDED_MAX: Final = 150
SIMILAR_ENDED_MS: Final = 86_400_000
SIMILAR_SHOWN_MAX: Final = 20

# -- simulating an execution
SIMULATION_TIMEOUT_S: Final = 6.0  # for everything asked of the market: someone is waiting
SIMULATION_USDT_MIN: Final = 1
SIMULATION_USDT_MAX: Final = 1_000_000  # beyond every book of fifty levels

# -- public market data on demand
KV_LAG_MS: Final = 60_000  # a value in KV may be this old and not show it was replaced
FEEDS_AGE_MS_MAX: Final = 60_000  # what a reader accepts who does not say
BOOK_AGE_MS_MAX: Final = 3_000
CANDLES_AGE_MS_MAX: Final = 60_000
REGIME_AGE_MS_MAX: Final = 600_000  # of the hourly bars behind the market's regime
SETTLEMENTS_AGE_MS_MAX: Final = 3_600_000
FUNDING_DAYS_SHOWN: Final = 7  # whole days of UTC, and the present one
FUNDING_DAYS_KEPT_MS: Final = 366 * 86_400_000
CATALOGUE_AGE_MS_MAX: Final = 2 * 3_600_000  # twice what a scan lets pass before it asks again
FAILURE_KEPT_MS_MAX: Final = 15_000  # a failure keeps others from asking the same for at most this long
CANDLES_USUAL: Final = 300  # asked for at once, so that one document serves most readers
MARKET_READS_KEPT_MS: Final = 30 * 86_400_000
# -- asking exchanges
SCAN_INTERVAL_S_MIN: Final = 5  # a scan takes about a second, and books change faster than they can be told of
SCAN_INTERVAL_S_MAX: Final = 300
BUDGET_SHARE_MAX: Final = 0.8  # of an exchange's limit; the rest is for others behind the same address
FAILURES_MAX: Final = 3  # in a row, before a feed is asked less often than every scan
BACK_OFF_MS_FIRST: Final = 20_000
BACK_OFF_MS_MAX: Final = 300_000  # an exchange that is back is seen within five minutes
JITTER_SHARE_MAX: Final = 0.1  # of a wait, added by chance, so that deployments do not return all at once
CLOCK_OFFSET_MS_MAX: Final = 3_600_000  # a time further from ours is an error and no clock

# -- CoinMarketCap
CMC_TIMEOUT_S: Final = 5.0
CMC_BODY_BYTES_MAX: Final = 8_000_000  # the map of 5,000 coins is about 1 MB
CMC_CREDITS_MONTHLY_MAX: Final = 10_000  # of the plan; an account that has fewer is asked for fewer
CMC_REQUESTS_PER_MINUTE_MAX: Final = 30
CMC_CACHE_MS: Final = 180_000  # a value younger than this is not asked for again
CMC_MAP_CACHE_MS: Final = 86_400_000  # ids never change, and new coins are nothing to trade on their first day
CMC_STALE_MS_MAX: Final = 86_400_000  # a value older than this says nothing about today's market, whatever its label
CMC_QUOTES_PER_CALL: Final = 100  # one credit buys 100 to 250 assets, by the documentation's date
CMC_LISTINGS_PER_CREDIT: Final = 200
CMC_QUOTES_KEPT: Final = 500  # coins whose last quote is kept for a day without an answer
NAMESAKES_PRICED_MAX: Final = 200  # an hour; with the largest coins three credits, a quarter of what a day has
CMC_MAP_ROWS: Final = 5_000  # coins by rank; every instrument of the exchanges is among them

# -- metrics
ROLLUPS_KEPT_MS: Final = 90 * 86_400_000  # counters by the hour; what they sum up to is kept for good

# -- lake
CHECKPOINT_INTERVAL_MS: Final = 600_000  # a replay begins at most this long before the time it was asked for
CHECKPOINT_BYTES_MAX: Final = 880_000  # of one part: with its envelope it is a line of the lake
LAKE_LINE_BYTES_MAX: Final = 900_000  # a record must fit a request of a stream, of which 1 MB is certain everywhere
LAKE_SETTLED_MS: Final = 600_000  # an hour is merged no sooner after its end: late events are still coming
LAKE_PART_BYTES_MAX: Final = 8_000_000  # of a merged object: three copies of one fit well into an isolate
LAKE_MERGED_MAX: Final = 800  # objects one run merges: two hours of scans, and within the platform's calls
LAKE_DELETED_MAX: Final = 5_000  # objects one run deletes: five calls
LAKE_SCANS_KEPT_MS: Final = 30 * 86_400_000
LAKE_SCANS_BYTES_MAX: Final = 50_000_000_000
LAKE_EVENTS_KEPT_MS: Final = 180 * 86_400_000
LAKE_EVENTS_BYTES_MAX: Final = 5_000_000_000
EVENTS_MESSAGE_BYTES_MAX: Final = 120_000  # records in one message of the queue, which takes 128 kB with its frame
PIPELINE_REQUEST_BYTES_MAX: Final = 1_000_000
PIPELINE_TIMEOUT_S: Final = 8.0

# -- D1
OPPORTUNITIES_KEPT_MS: Final = 90 * 86_400_000  # after their end, like their outcomes: 2,000 a day take some 2 GB of 10
MODELS_KEPT_MS: Final = 365 * 86_400_000  # one a day; longer than any alert that names one
DEAD_LETTERS_KEPT_MS: Final = 30 * 86_400_000  # up to 130 kB each, until somebody has looked
FORGOTTEN_MAX: Final = 200  # opportunities one step deletes, each with rows for everyone who was told
FORGOTTEN_ROWS_MAX: Final = 2_000  # of any other kind, in one step: far within the 30 s of a transaction
FORGETTING_STEPS_MAX: Final = 25  # in an hour: twice what a busy one adds for 10,000 people
D1_STRING_BYTES_MAX: Final = 2_000_000

# -- queues
QUEUE_MESSAGE_BYTES_MAX: Final = 128_000
QUEUE_BATCH_MAX: Final = 100
RECIPIENTS_PAGE: Final = 500  # people one fan-out message handles before it passes the rest on

# -- Telegram
TELEGRAM_TEXT_MAX: Final = 4096  # UTF-16 code units after entities are parsed
TELEGRAM_CALLBACK_BYTES_MAX: Final = 64
TELEGRAM_TOAST_MAX: Final = 200
EDIT_INTERVAL_MS_MIN: Final = 20_000  # an alert that keeps changing is edited no more often than this
UPDATES_KEPT_MS: Final = 86_400_000 * 2  # Telegram redelivers a message for at most 24 h

# -- people
SESSION_MS: Final = 7 * 86_400_000  # from the last activity
