"""docs/calibration.md: the figures with the command, the date and the data they come from, and none of the data."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from arbedge.domain.appraisal import STEPS
from arbedge.domain.confidence import OUTCOMES_MIN, Judgement, Model
from arbedge.ports.track_record import Realised
from scripts.bench.machine import Machine
from scripts.calibration.figures import Finding
from scripts.calibration.markets import TOLD
from scripts.layout import ROOT

DOCUMENT: Final = ROOT / "docs" / "calibration.md"
STEP_NAMES: Final = {"after_5s": "+5 s", "after_60s": "+60 s", "expiry": "expiry"}
DROPS_SHOWN: Final = 4
STATED: Final = "Stated on the way by the models of that time (the base rate is their own share)"
INTRODUCTION: Final = """\
The product's own code (`domain.decision`, `domain.episodes`, `domain.appraisal`, `domain.confidence`, `app.learn`) run
over recorded markets: what it would have told, what was left of it, and whether stated odds were right. Written by
`make calibrate`, which needs the recorded data (`ARBEDGE_FIXTURES`); none of the data is in this repository.

- Size 1,000 USDT, horizon 24 h, base-tier taker fees, as by default. *What would be told* has the default minimums and
  needs two scans that agree. *Every sighting, without the minimum* makes each verified sighting a claim, whatever it is
  worth. *Every sighting, the fees set off* gives back two taker fees and no cost of rebalancing, and takes what is left
  above 0.1 bps: nobody can trade so; it lets the arithmetic of confidence be judged on real prices. A position that is
  held and closed at today's books has no such form: it is funding less costs, which stands still for minutes.
- A step is valued on a recorded moment within its tolerance (3, 10 and 30 s after it is due). Where there is none, it
  is *not recorded*: nothing is interpolated. Sightings that follow one another overlap: they are not independent.
- Of books, the levels that were recorded are used and no others. What a size does not find in them is `depth`.
- A model is made of the older outcomes (60 % to train, 20 % to calibrate) and judged on the newest 20 %, which it has
  not seen. The base rate is the share that lasted among the older ones, always stated.
"""


def render_document(machine: Machine, recorded: Sequence[Finding], synthetic: Sequence[Finding]) -> str:
    lines = [
        "# Calibration",
        "",
        *INTRODUCTION.splitlines(),
        "",
        "| | |",
        "|---|---|",
        "| command | `make calibrate` |",
        f"| commit | `{machine.commit}`{' with changes' if machine.is_dirty else ''} |",
        f"| date | {machine.date} |",
        "",
        "## Recorded markets",
        "",
        *render_summary(recorded),
        "",
        *render_conclusion(recorded),
        "",
    ]
    for finding in recorded:
        lines += render_finding(finding, recorded)
    lines += ["## Synthetic market", "", "Made by the sandbox; never mixed with the above.", ""]
    lines += [*render_summary(synthetic), ""]
    for finding in synthetic:
        lines += render_finding(finding, synthetic)
    return "\n".join(lines).rstrip() + "\n"


def render_summary(findings: Iterable[Finding]) -> list[str]:
    lines = [
        "| market | rules | scans | claims | best net edge | valued at +5 s | at +60 s | Brier (base rate) |",
        "|---|---|---:|---:|---|---:|---:|---|",
    ]
    for one in findings:
        best = ", ".join(
            f"{kind} {bps:,.1f} bps" for kind, bps in one.found.best_bps.items() if kind in one.about.types
        )
        valued = (f"{one.answered[step]['valued']:,}" for step in STEPS[:2])
        claims = f"{len(one.found.claims):,}"
        cells = (
            one.about.name,
            one.rules.title,
            f"{one.found.scans:,}",
            claims,
            best or "none",
            *valued,
            name_brier(one),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def name_brier(finding: Finding) -> str:
    model = finding.judged.model
    if model is None:
        return "no model"
    judged = model.judgement
    return f"{judged.brier:.4f} ({judged.brier_of_base_rate:.4f}), n = {judged.n}"


def render_conclusion(findings: Sequence[Finding]) -> list[str]:
    told = [one for one in findings if one.rules.title == TOLD]
    claims = sum(len(one.found.claims) for one in told)
    scans = sum(one.found.scans for one in told)
    where = ", ".join(f"{len(one.found.claims)} in `{one.about.name}`" for one in told if one.found.claims)
    enough = "recorded alerts are too few for that" if claims < OUTCOMES_MIN else "there are enough"
    text = (
        f"In {scans:,} recorded scans {claims} opportunities would have been told at honest costs"
        f"{f': {where}' if where else ''}. The product states a probability from {OUTCOMES_MIN} outcomes on: "
        f"{enough}. The quotes of two exchanges 5 s apart are recorded for a handful of moments only. So the figures "
        "on sightings say whether the arithmetic is sound, and not how often an alert comes true."
    )
    return [text]


def render_finding(finding: Finding, among: Sequence[Finding]) -> list[str]:
    about, found = finding.about, finding.found
    lines: list[str] = []
    if next(one for one in among if one.about.name == about.name) is finding:
        lines += [f"### {about.name}: {about.title}", "", f"- Resolution: {about.resolution}."]
        lines += [f"- Recorded: {about.has}.", f"- Not recorded: {about.lacks}."]
        lines += [f"- Files: {', '.join(f'`{file}`' for file in about.files)}."] if about.files else []
        lines.append("")
    drops = ", ".join(f"{reason} {count:,}" for reason, count in found.drops.most_common(DROPS_SHOWN)) or "nothing"
    counts = f"{found.scans:,} scans, {found.candidates:,} candidates, {found.sightings:,} verified"
    lines += [f"**{finding.rules.title}**: {counts}, {len(found.claims):,} claims; dropped: {drops}.", ""]
    if found.claims:
        lines += [*render_answers(finding), "", *render_realised(finding.realised), *render_judged(finding)]
    return lines


def render_answers(finding: Finding) -> list[str]:
    return [
        f"- {STEP_NAMES[step]}: "
        + ", ".join(f"{told} {count:,}" for told, count in finding.answered[step].most_common())
        for step in STEPS
        if finding.answered[step]
    ]


def render_realised(realised: Sequence[Realised]) -> list[str]:
    if not realised:
        return ["No claim above 0 was judged, so there is no realised over claimed.", ""]
    lines = [
        "| realised over claimed | step | judged | median | quartiles | still above 0 |",
        "|---|---|---:|---:|---|---:|",
    ]
    names = Counter(grouping for grouping, _ in {(one.grouping, one.name) for one in realised})
    for one in realised:
        if one.grouping != "all" and names[one.grouping] == 1:
            continue  # one group is all of it
        name = one.name if one.grouping != "confidence" else f"confidence {one.name}"
        quartiles = f"{_number(one.lower_quartile)} to {_number(one.upper_quartile)}" if one.n else ""
        cells = (name, STEP_NAMES[one.step], f"{one.judged:,}", _number(one.median), quartiles)
        lines.append(f"| {' | '.join(cells)} | {one.positive_share:.1%} |")
    return [*lines, ""]


def _number(figure: float | None) -> str:
    return "" if figure is None else f"{figure:.3f}"


def render_judged(finding: Finding) -> list[str]:
    judged, step = finding.judged, STEP_NAMES[finding.rules.judged_step]
    if judged.model is None:
        return [f"No model at {step}: {judged.why}.", ""]
    model = judged.model
    share = f"{judged.lasted / judged.outcomes:.1%}"
    lines = [
        f"Model at {step}: {judged.outcomes:,} outcomes, of which {share} lasted; {_weigh(model)}.",
        "",
        *_render_judgement("Judged on the newest", model.judgement),
    ]
    if judged.stated:
        lines += _render_judgement(
            "Stated on the way by the models of that hour, against their own share", judged.stated
        )
    return lines


def _weigh(model: Model) -> str:
    weights = sorted(zip(model.weights.names, model.weights.weights, strict=True), key=lambda one: -abs(one[1]))
    return "weights " + ", ".join(f"{name} {weight:+.2f}" for name, weight in weights)


def _render_judgement(title: str, judgement: Judgement) -> list[str]:
    better = "better" if judgement.brier < judgement.brier_of_base_rate else "no better"
    scores = f"Brier {judgement.brier:.4f}, of the base rate {judgement.brier_of_base_rate:.4f}"
    rows = [
        f"| {one.low:.1f} to {one.high:.1f} | {one.n:,} | {one.mean_p:.3f} | {one.positive_share:.3f} |"
        for one in judgement.reliability
    ]
    head = ["| stated | n | mean stated | lasted |", "|---|---:|---:|---:|"]
    return [f"{title}: n = {judgement.n:,}, {scores}: {better}.", "", *head, *rows, ""]


def write_document(text: str, path: Path = DOCUMENT) -> None:
    path.write_text(text)
