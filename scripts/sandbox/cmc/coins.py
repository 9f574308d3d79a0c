"""The coins CoinMarketCap knows, by its ids, with figures that follow the sandbox's market."""

from dataclasses import dataclass

from scripts.sandbox.market.listings import Listing
from scripts.sandbox.market.market import Market
from scripts.sandbox.market.noise import key_of, signed
from scripts.sandbox.market.universe import EXCHANGES, MarketKind

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
KINDS: tuple[MarketKind, ...] = ("spot", "perp")
CHANGES_MS = {"1h": HOUR_MS, "24h": 24 * HOUR_MS, "7d": 7 * 24 * HOUR_MS, "30d": 30 * 24 * HOUR_MS}


@dataclass(frozen=True, slots=True)
class Coin:
    """`asset` is the market's name for it: several coins may share a symbol. `supply` is what circulates."""

    id: int
    symbol: str
    name: str
    slug: str
    supply: float
    asset: str
    max_supply: float | None = None
    chain: str | None = None


def _read(text: str) -> list[Coin]:
    """Lines of id, symbol, name with _ for spaces, supply, asset and chain; `-` is the symbol, or no chain."""
    coins: list[Coin] = []
    for line in text.strip().splitlines():
        id_, symbol, name, supply, asset, chain = line.split()
        words = name.replace("_", " ")
        coins.append(
            Coin(
                int(id_), symbol, words, name.lower().replace("_", "-"), float(supply),
                symbol if asset == "-" else asset, 21e6 if symbol == "BTC" else None, None if chain == "-" else chain,
            )
        )  # fmt: skip
    return coins


COINS: tuple[Coin, ...] = tuple(
    _read("""
1 BTC Bitcoin 19.9e6 - -
1027 ETH Ethereum 120.7e6 - -
825 USDT Tether_USDt 174e9 - ethereum
52 XRP XRP 59e9 - -
1839 BNB BNB 139e6 - -
5426 SOL Solana 541e6 - -
3408 USDC USDC 72e9 - ethereum
74 DOGE Dogecoin 151e9 - -
1958 TRX TRON 94e9 - -
2010 ADA Cardano 35.7e9 - -
32196 HYPE Hyperliquid 333e6 - -
1975 LINK Chainlink 678e6 - ethereum
5805 AVAX Avalanche 422e6 - -
20947 SUI Sui 3.5e9 - -
512 XLM Stellar 31e9 - -
1831 BCH Bitcoin_Cash 19.9e6 - -
4642 HBAR Hedera 42e9 - -
2 LTC Litecoin 76e6 - -
11419 TON Toncoin 2.5e9 - -
5994 SHIB Shiba_Inu 589e12 - ethereum
6636 DOT Polkadot 1.5e9 - -
7083 UNI Uniswap 600e6 - ethereum
7278 AAVE Aave 15.2e6 - ethereum
24478 PEPE Pepe 420e12 - ethereum
6535 NEAR NEAR_Protocol 1.2e9 - -
1321 ETC Ethereum_Classic 153e6 - -
21794 APT Aptos 680e6 - -
11841 ARB Arbitrum 5.2e9 - ethereum
11840 OP Optimism 1.7e9 - -
2280 FIL Filecoin 680e6 - -
28752 WIF dogwifhat 999e6 - solana
30171 ENA Ethena 6.6e9 - ethereum
21159 ONDO Ondo 3.1e9 - ethereum
13502 WLD Worldcoin 1.9e9 - ethereum
3794 ATOM Cosmos 470e6 - -
8916 ICP Internet_Computer 536e6 - -
7226 INJ Injective 97e6 - -
22861 TIA Celestia 720e6 - -
23149 SEI Sei 5.8e9 - -
25028 ORDI ORDI 21e6 - -
6538 CRV Curve_DAO_Token 1.37e9 - ethereum
8000 LDO Lido_DAO 897e6 - ethereum
28324 DYDX dYdX 780e6 - -
7080 GALA Gala 45e9 - ethereum
6210 SAND The_Sandbox 2.4e9 - ethereum
1966 MANA Decentraland 1.9e9 - ethereum
6783 AXS Axie_Infinity 166e6 - ethereum
4066 CHZ Chiliz 9.7e9 - ethereum
10603 IMX Immutable 1.9e9 - ethereum
4847 STX Stacks 1.5e9 - -
6892 EGLD MultiversX 28e6 - -
4030 ALGO Algorand 8.7e9 - -
3077 VET VeChain 86e9 - -
6719 GRT The_Graph 10e9 - ethereum
23095 BONK Bonk 80e12 - solana
10804 FLOKI FLOKI 9.6e12 - ethereum
35336 TRUMP OFFICIAL_TRUMP 200e6 - solana
7186 CAKE PancakeSwap 350e6 - bnb
5692 COMP Compound 9.5e6 - ethereum
1518 MKR Maker 850e3 - ethereum
2586 SNX Synthetix 343e6 - ethereum
3155 QNT Quant 12e6 - ethereum
2416 THETA Theta_Network 1e9 - -
2011 XTZ Tezos 1.06e9 - -
1437 ZEC Zcash 16.3e6 - -
131 DASH Dash 12.5e6 - -
1376 NEO Neo 70.5e6 - -
5034 KSM Kusama 17e6 - -
3957 LEO UNUS_SED_LEO 922e6 - ethereum
2682 HOT Holo 177e9 - ethereum
5864 YFI yearn.finance 33.8e3 - ethereum
6758 SUSHI SushiSwap 190e6 - ethereum
1697 BAT Basic_Attention_Token 1.49e9 - ethereum
1896 ZRX 0x_Protocol 848e6 - ethereum
8104 1INCH 1inch 1.4e9 - ethereum
4172 LUNA Terra 688e6 - -
3897 OKB OKB 21e6 - ethereum
2577 RVN Ravencoin 15e9 - -
1684 QTUM Qtum 106e6 - -
900001 HOT Hydro_Protocol 702e6 HOTHYDRO ethereum
900002 LEO Leo_the_Meme 40e9 LEOMEME solana
900003 NEIRO Neiro_First 420e9 NEIRO ethereum
900004 NEIRO Neiro_on_ETH 1e9 NEIROETH ethereum
900005 PUMP Pump.fun 354e9 PUMP solana
900006 PUMP PumpBTC 285e6 PUMPBTC ethereum
""")
)


@dataclass(frozen=True, slots=True)
class Figures:
    """One coin now, in US dollars; `changes` in percent by span."""

    coin: Coin
    price: float
    volume_24h: float
    changes: dict[str, float]
    rank: int
    at_ms: int

    @property
    def market_cap(self) -> float:
        return self.price * self.coin.supply


class CoinBoard:
    """All coins the market in force knows, refreshed each minute as the original's are."""

    def __init__(self) -> None:
        self._key: object = None
        self._rows: list[Figures] = []

    def rows(self, market: Market, wall_ms: int) -> list[Figures]:
        """By market capitalisation, largest first."""
        at_ms, t_ms = wall_ms // MINUTE_MS * MINUTE_MS, market.market_ms(wall_ms) // MINUTE_MS * MINUTE_MS
        key = (id(market.source), at_ms, t_ms)
        if key != self._key:
            self._key, self._rows = key, build_figures(market, t_ms, at_ms)
        return self._rows


def build_figures(market: Market, t_ms: int, at_ms: int) -> list[Figures]:
    by_asset = find_listings(market)
    unranked: list[Figures] = []
    for coin in COINS:
        listing = by_asset.get(coin.asset)
        if listing is None and coin.asset != "USDT":
            continue
        price = price_at(market, listing, t_ms)
        changes = {span: (price / price_at(market, listing, t_ms - ms) - 1) * 100 for span, ms in CHANGES_MS.items()}
        turnover = 0.03 + 0.02 * signed(key_of("cmc", coin.id), t_ms // HOUR_MS)
        unranked.append(Figures(coin, price, price * coin.supply * turnover, changes, 0, at_ms))
    unranked.sort(key=lambda row: -row.market_cap)
    return [
        Figures(row.coin, row.price, row.volume_24h, row.changes, rank, row.at_ms)
        for rank, row in enumerate(unranked, start=1)
    ]


def find_listings(market: Market) -> dict[str, Listing]:
    """One instrument in USDT for each asset: spot before perpetuals."""
    found: dict[str, Listing] = {}
    for kind in KINDS:
        for exchange in EXCHANGES:
            for row in market.listings((exchange, kind)):
                if row.quote == "USDT":
                    found.setdefault(row.asset, row)
    return found


def price_at(market: Market, listing: Listing | None, t_ms: int) -> float:
    """The asset's price without any exchange's own deviation; one dollar for USDT."""
    return 1.0 if listing is None else market.source.path(listing, t_ms) / listing.multiplier
