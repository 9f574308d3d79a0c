"""Records of what was computed or fetched for a reader: indicators, correlations, coin data."""

from arbedge.app.market_analysis import CorrelationView, IndicatorsView, SeriesView
from arbedge.ports.lake.event_records import AnalysisRecord, CorrelationRecord, SeriesRef
from arbedge.ports.lake.scan_records import RECORD_VERSION


def record_analysis(view: IndicatorsView, now: int) -> AnalysisRecord:
    return AnalysisRecord(
        v=RECORD_VERSION,
        at=now,
        series=_refer(view.series),
        interval=view.interval,
        readings=len(view.readings),
        last=view.readings[-1] if view.readings else None,
        regime=view.regime,
    )


def record_correlation(view: CorrelationView, now: int) -> CorrelationRecord:
    return CorrelationRecord(
        v=RECORD_VERSION,
        at=now,
        first=_refer(view.first),
        second=_refer(view.second),
        interval=view.interval,
        step_ms=view.step_ms,
        pairs=view.pairs,
        pearson=view.pearson,
        lag_steps_max=view.lag_steps_max,
        lead_lag=view.lead_lag,
    )


def _refer(series: SeriesView) -> SeriesRef:
    return SeriesRef(
        exchange=series.exchange,
        market=series.market,
        symbol=series.symbol,
        asset=series.asset,
        quote=series.quote,
        bars=series.bars,
        gaps=len(series.gaps),
        source=series.source,
        age_ms=series.age_ms,
        mode=series.mode,
    )
