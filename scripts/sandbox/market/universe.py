"""Which assets exist, roughly what they cost, how liquid they are and where they are listed.

Tier 0 is the most liquid. `spot` and `perp` name the exchanges by letter: b Binance, y Bybit, o OKX.
An asset is an identity, not a ticker: what each exchange calls it is decided in `tickers`.
"""

from dataclasses import dataclass
from typing import Literal

ExchangeName = Literal["binance", "bybit", "okx"]
MarketKind = Literal["spot", "perp"]
EXCHANGES: tuple[ExchangeName, ...] = ("binance", "bybit", "okx")
LETTERS: dict[ExchangeName, str] = {"binance": "b", "bybit": "y", "okx": "o"}


@dataclass(frozen=True, slots=True)
class Asset:
    """`price` is the level in USDT around which the synthetic price moves."""

    name: str
    price: float
    tier: int
    spot: str
    perp: str

    def listed(self, exchange: ExchangeName, kind: MarketKind) -> bool:
        return LETTERS[exchange] in (self.spot if kind == "spot" else self.perp)


# One block per tier and listing: "NAME price, NAME price, ...".
BLOCKS: tuple[tuple[int, str, str, str], ...] = (
    (
        0,
        "byo",
        "byo",
        "BTC 59206, ETH 1578.2",
    ),
    (
        1,
        "byo",
        "byo",
        (
            "SOL 73.44, XRP 1.0402, BNB 547.6, DOGE 0.07131, ADA 0.1442, TRX 0.3187, LINK 7.264, AVAX 6.543, "
            "LTC 43.18, BCH 231.4, SUI 0.7413, TON 1.312, XLM 0.1631, HBAR 0.0712, DOT 0.8113, UNI 3.127, "
            "NEAR 1.114, PEPE 0.00000312, SHIB 0.00000423, AAVE 71.42, ETC 7.92, APT 0.8617, ARB 0.1024, OP 0.1127, "
            "FIL 0.7731, WIF 0.2113, HYPE 24.61, ENA 0.1127, ONDO 0.2411, WLD 0.3127"
        ),
    ),
    (
        2,
        "byo",
        "byo",
        (
            "ATOM 1.511, ICP 2.214, INJ 2.617, TIA 0.3341, SEI 0.0637, ORDI 2.913, CRV 0.2217, LDO 0.3412, "
            "DYDX 0.1213, GALA 0.00391, SAND 0.0713, MANA 0.0817, AXS 0.7123, CHZ 0.0361, IMX 0.1617, STX 0.2213, "
            "EGLD 4.311, ALGO 0.1024, VET 0.00821, GRT 0.0271, FET 0.1431, RENDER 1.217, JUP 0.1621, PYTH 0.0512, "
            "JTO 0.2713, STRK 0.0417, ZRO 1.012, BONK 0.00000613, FLOKI 0.0000312, NOT 0.000412, TRUMP 2.713, "
            "PENDLE 0.9213, EIGEN 0.2217, PENGU 0.00713, BERA 0.5127, KAITO 0.4312, VIRTUAL 0.5712, S 0.0613, "
            "MORPHO 1.071, ETHFI 0.4117, CAKE 1.512, COMP 17.31, MKR 1214, SNX 0.3127, QNT 63.12, THETA 0.2131, "
            "XTZ 0.3817, ZEC 214.7, DASH 31.22, NEO 2.617, IOTA 0.0713, KSM 4.912"
        ),
    ),
    (
        3,
        "byo",
        "byo",
        (
            "APE 0.1713, BLUR 0.0271, GMX 6.311, MASK 0.4217, YFI 2617, SUSHI 0.2112, ENS 6.731, 1INCH 0.1027, "
            "ZRX 0.1131, BAT 0.1314, ENJ 0.0213, ANKR 0.00512, KAVA 0.0713, ROSE 0.00917, MINA 0.0617, CFX 0.0513, "
            "LUNC 0.0000391, LUNA 0.0613, USTC 0.00613, CELO 0.0827, WOO 0.0231, MAGIC 0.0871, SSV 3.412, "
            "RSR 0.00217, LRC 0.0341, ACH 0.00712, ZIL 0.00412, QTUM 0.9127, ONT 0.0513, ICX 0.0431, STORJ 0.1127, "
            "UMA 0.5127, BAL 0.3712, KNC 0.1513, PEOPLE 0.00812, AUCTION 5.127, ME 0.2131, MOVE 0.0271, IO 0.1317, "
            "ZK 0.0271, W 0.0312, ACT 0.0131, PNUT 0.0617, MOODENG 0.0512, TURBO 0.00131, MEW 0.00091, "
            "PEOPLEX 0.0123, BOME 0.00061, MEME 0.00087, SATS 0.0000000131, ORBS 0.0091, SUPER 0.1712, ACE 0.1871, "
            "AEVO 0.0371, ALT 0.0112, XAI 0.0131, MANTA 0.0912, DYM 0.0912, PIXEL 0.0071, PORTAL 0.0131, "
            "ARKM 0.1617, BIGTIME 0.0213, CORE 0.1127, GLM 0.1712, GLMR 0.0213, IOST 0.00171, JST 0.0412, LPT 3.127, "
            "LQTY 0.3712, SKL 0.00812, TNSR 0.0512, TRB 17.61, WAXP 0.00871, YGG 0.0431, ZETA 0.0612, AGLD 0.2712, "
            "BICO 0.0412, CVX 1.712, FLOW 0.0712, GAS 1.812, HMSTR 0.000231, CATI 0.0512, DOGS 0.0000412, "
            "NEIRO 0.0000871, COW 0.1712, CETUS 0.0312, SPX 0.3127, FARTCOIN 0.2131, AI16Z 0.0213, GRASS 0.2713, "
            "LAYER 0.0912, RED 0.1712, NIL 0.0712, PARTI 0.0812, WCT 0.0812, INIT 0.0912, SIGN 0.0231, SOPH 0.0131, "
            "HUMA 0.0213, RESOLV 0.0812, HOME 0.0171, SAHARA 0.0271, PUMP 0.00191, LINEA 0.00512, WLFI 0.0912, "
            "XPL 0.1217, ASTER 0.5712, 2Z 0.0812, AVNT 0.2131, BARD 0.4312, BIO 0.0312, PROVE 0.3127, TOWNS 0.00812, "
            "MIRA 0.0912, FF 0.0712, ZBT 0.0712, EDEN 0.0512, YB 0.1712, MET 0.1712, KITE 0.0512, SYRUP 0.2131, "
            "CC 0.0912, MON 0.0171, ALLO 0.1127, STABLE 0.0131"
        ),
    ),
    (
        3,
        "by",
        "byo",
        (
            "VANA 1.312, USUAL 0.0131, HIVE 0.0712, DEXE 3.712, BANANA 3.712, PHB 0.1712, HOOK 0.0312, EDU 0.0812, "
            "ID 0.0512, CYBER 0.5127, BEAMX 0.00231, SYN 0.0512, RUNE 0.5127, KAS 0.0231"
        ),
    ),
    (
        4,
        "by",
        "by",
        (
            "BABYDOGE 0.00000000061, MOG 0.000000231, WHY 0.0000000131, CHEEMS 0.00000061, RATS 0.0000131, "
            "AIXBT 0.0271, COOKIE 0.0312, SWARMS 0.0091, SONIC 0.0712, ANIME 0.0071, SHELL 0.0312, GPS 0.0071, "
            "BROCCOLI 0.0131, TUT 0.0131, BANANAS31 0.0031, MUBARAK 0.0131, HYPER 0.0931, KERNEL 0.0712, STO 0.0712, "
            "DOLO 0.0312, NEWT 0.0712, ERA 0.1312, TREE 0.1127, LA 0.2131, C 0.0712, HAEDAL 0.0312, SXT 0.0231, "
            "OBOL 0.0312, FORM 0.3127, EPIC 0.5127, JELLYJELLY 0.0312"
        ),
    ),
    (
        4,
        "b",
        "by",
        (
            "HIGH 0.1712, LEVER 0.0000612, VOXEL 0.0171, ALPHA 0.0071, CHESS 0.0231, DEGO 0.4312, FIDA 0.0231, "
            "GTC 0.0912, HFT 0.0231, IDEX 0.0091, JOE 0.0712, LISTA 0.0912, MAV 0.0231, MBOX 0.0231, NKN 0.0131, "
            "NTRN 0.0312, OGN 0.0312, PERP 0.0912, POLYX 0.0512, POWR 0.0712, QUICK 0.0131, RAD 0.3127, RARE 0.0231, "
            "REI 0.0071, RPL 1.812, SCR 0.0712, SLERF 0.0171, STEEM 0.0512, SUN 0.0171, SYS 0.0171, TLM 0.0021, "
            "TWT 0.4312, VELODROME 0.0231, VIC 0.0912, XVG 0.0041, XVS 3.127, ARPA 0.0131, ATA 0.0171, BEL 0.1312, "
            "BSW 0.0071, C98 0.0231, CTSI 0.0312, DODO 0.0231, DUSK 0.0512"
        ),
    ),
    (
        4,
        "b",
        "b",
        (
            "ADX 0.0712, ALPINE 0.3712, AMP 0.0021, ARDR 0.0512, ASR 1.127, AUDIO 0.0312, BAR 0.5127, BNT 0.3712, "
            "BTTC 0.00000041, CITY 0.5712, COS 0.0012, COTI 0.0231, DATA 0.0071, DCR 14.12, DENT 0.000231, "
            "DGB 0.0051, DIA 0.2131, FARM 17.12, FIO 0.0091, FIRO 0.5712, FUN 0.0021, FXS 0.6127, GHST 0.2131, "
            "GNO 97.12, HIFI 0.0231, IQ 0.0017, JUV 0.6127, KMD 0.0171, LAZIO 0.6712, LSK 0.2131, LUMIA 0.1127, "
            "MBL 0.00131, MDT 0.0131, MLN 4.712, MTL 0.3712, NEXO 0.7127, NMR 8.712, OG 5.127, OSMO 0.0712, "
            "OXT 0.0231, PAXG 3312, PHA 0.0512, PIVX 0.1127, PSG 1.312, PUNDIX 0.1712, PYR 0.5127, QKC 0.0041, "
            "REQ 0.0912, RIF 0.0312, SANTOS 1.512, SFP 0.2713, STRAX 0.0231, TFUEL 0.0171, TRU 0.0131, UTK 0.0171, "
            "VANRY 0.0091, VTHO 0.00091, WAN 0.0712, WIN 0.0000231, XNO 0.4312"
        ),
    ),
    (
        4,
        "y",
        "y",
        (
            "ALEO 0.1127, APEX 0.3127, AGI 0.0231, AZERO 0.0131, BDXN 0.0131, BLAST 0.00091, BOBA 0.0312, "
            "CAT 0.0000031, COOK 0.0041, CPOOL 0.0712, DEEP 0.0312, DRIFT 0.1712, ELX 0.0712, FLR 0.0071, "
            "FHE 0.0231, FUEL 0.0041, GEAR 0.0012, GODS 0.0512, HPOS10I 0.0131, IZI 0.0021, KARRAT 0.0131, "
            "KMNO 0.0231, L3 0.0231, LMWR 0.0312, LUNAI 0.0071, MAVIA 0.0712, MELANIA 0.0712, MERL 0.0512, "
            "MNT 0.4312, MODE 0.0012, MPLX 0.0712, MYRIA 0.00041, MYRO 0.0071, NAKA 0.0912, NYAN 0.0091, "
            "OMNI 0.8712, PEAQ 0.0312, PLUME 0.0312, PONKE 0.0312, POPCAT 0.0912, PRCL 0.0231, PRIME 0.3712, "
            "PUFFER 0.0512, RIO 0.0712, ROAM 0.0512, ROOT 0.0012, SAFE 0.1312, SCA 0.0231, SD 0.1712, SERAPH 0.0231, "
            "SQD 0.0312, SUNDOG 0.0131, SWEAT 0.0012, TAI 0.0131, TAIKO 0.2131, TOSHI 0.00031, UXLINK 0.0131, "
            "VELO 0.0051, VVV 0.8712, XTER 0.0231, ZEND 0.00712, ZENT 0.0031, ZEREBRO 0.0131, XCN 0.0051, VR 0.0041"
        ),
    ),
    (
        4,
        "o",
        "o",
        (
            "AIDOGE 0.000000000051, AGLDX 0.0312, BABY 0.0171, BR 0.0312, BZZ 0.0912, CEL 0.0231, CFG 0.0912, "
            "CTXC 0.0512, DAO 0.0312, DEP 0.0012, DORA 0.0131, ELF 0.0712, ERN 0.0312, FLM 0.0171, FOXY 0.00071, "
            "GOAT 0.0231, GODSX 0.0231, ICE 0.0031, IP 1.312, JELLY 0.0041, KAIA 0.0512, KISHU 0.0000000001, "
            "LAT 0.0021, LEASH 31.12, LITH 0.000021, LON 0.3127, MENGO 0.0041, MERLX 0.0231, METIS 4.312, "
            "MILO 0.0131, NAVX 0.0131, NC 0.0071, NFT 0.00000031, NODL 0.00031, OKB 43.12, OL 0.0071, OM 0.0712, "
            "OMI 0.000071, ORDER 0.0512, PICOX 0.0041, POR 0.3127, PRQ 0.0131, PSTAKE 0.0131, RACA 0.000041, "
            "RDNT 0.0091, RIOX 0.0712, RON 0.1127, RSS3 0.0131, RVN 0.0071, SAMO 0.0007, SD2 0.2131, SLP 0.00081, "
            "SPELL 0.00021, SPURS 0.2131, SSWP 0.0031, STC 0.0021, SWFTC 0.0051, T 0.0071, TAO 171.2, TIME 8.712, "
            "TRA 0.0071, TREEB 0.0012, TURBOX 0.0031, UNI2 0.2131, VENOM 0.0512, VRA 0.00041, WSM 0.0003, "
            "WXT 0.0031, X 0.00003, XCH 5.127, XR 0.0071, ZERO 0.000031, ZEUS 0.1127, ZKJ 0.0312, ULTI 0.0007, "
            "DUCK 0.0021, CHAT 0.0071"
        ),
    ),
    (
        3,
        "yo",
        "byo",
        "GIGGLE 41.12, COAI 0.3127, H 0.1127, LIGHT 0.4312, RIVER 7.127, BEAT 0.9127, PIPPIN 0.2131, LAB 0.1127",
    ),
    (
        4,
        "",
        "byo",
        "BLESS 0.0312, CLO 0.2131, ENSO 0.8712, FOLKS 3.127, RECALL 0.1312, TRUTH 0.0131, Q 0.0131, ZORA 0.0312",
    ),
    # Listed for the collisions in `tickers`: other assets behind a name that is in use elsewhere.
    (
        3,
        "y",
        "by",
        "NEIROETH 0.0312",
    ),
    (
        4,
        "y",
        "y",
        "PUMPBTC 0.0312, ACEDATA 0.0213",
    ),
    (
        3,
        "o",
        "",
        "LEO 8.712",
    ),
    (
        4,
        "y",
        "",
        "LEOMEME 0.0000231",
    ),
    (
        4,
        "b",
        "b",
        "HOT 0.00051",
    ),
    (
        4,
        "o",
        "o",
        "HOTHYDRO 0.0312",
    ),
    (
        4,
        "b",
        "",
        "QI 0.0041",
    ),
    (
        4,
        "y",
        "",
        "QIDAO 0.0131",
    ),
    (
        2,
        "b",
        "",
        "GRID 0.4127, TIDE 0.8127, MOLE 0.0312",
    ),
    (
        2,
        "y",
        "",
        "GRIDMEME 0.0231",
    ),
    (
        2,
        "o",
        "",
        "TIDEB 0.8127",
    ),
    (
        2,
        "y",
        "y",
        "MOLEMEME 0.000131",
    ),
)
STABLES: tuple[tuple[str, float, str], ...] = (("USDC", 0.9998, "byo"), ("FDUSD", 0.9984, "b"), ("EUR", 1.1612, "b"))


def build_assets() -> dict[str, Asset]:
    assets: dict[str, Asset] = {}
    for tier, spot, perp, text in BLOCKS:
        for item in text.split(","):
            name, price = item.split()
            if name in assets:
                raise ValueError(f"asset {name} is listed twice")
            assets[name] = Asset(name, float(price), tier, spot, perp)
    for name, price, spot in STABLES:
        assets[name] = Asset(name, price, 1, spot, "")
    return assets
