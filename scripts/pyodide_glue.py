"""Adapts Pyodide's Emscripten glue to workerd, where V8 compiles Wasm and evaluates code only through the runtime.

Every replacement states how many places it must meet: a new Pyodide that moved something fails here, by name.
"""

import re
from dataclasses import dataclass


class GlueMismatchError(RuntimeError):
    """The glue is not the one these replacements were written for."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """One textual change; `pattern` is a regular expression that must match exactly `places` times."""

    what: str
    pattern: str
    becomes: str
    places: int


_WRAPPERS = (
    "addEventListener",
    "getRandomValues",
    "location",
    "monotonicDateNow",
    "newWasmModule",
    "patchedLoadLibData",
    "wasmInstantiate",
)
_HEADER = (
    f'import{{{",".join(_WRAPPERS)}}}from"pyodide-internal:builtin_wrappers";'
    'function rejectEval(){throw new Error("evaluating JavaScript is not allowed in workerd")}\n'
)
_LOAD_LIB_DATA = (
    "function loadLibData(){"
    "var libModule=patchedLoadLibData(Module,libName,flags.rpath);"
    "return flags.loadAsync?Promise.resolve(libModule):libModule}"
    "function getExports(){"
)

REPLACEMENTS: tuple[Replacement, ...] = (
    Replacement("Wasm compilation", r"new WebAssembly\.Module\(", "newWasmModule(", 4),
    Replacement("Wasm instantiation", r"WebAssembly\.instantiate\(", "wasmInstantiate(", 2),
    Replacement("clock", r"\bDate\.now\b", "monotonicDateNow", 22),
    Replacement("entropy", r"crypto\.getRandomValues\(view\)", "getRandomValues(Module,view)", 1),
    Replacement("library loading", r"function loadLibData\(\)\{.*?\}function getExports\(\)\{", _LOAD_LIB_DATA, 1),
    Replacement("library memory", r"\bgetMemory\(metadata", "Module.getMemoryPatched(Module,libName,metadata", 1),
    Replacement("direct eval", r"(?<![\w.$])eval\(", "rejectEval(", 6),
    Replacement(
        "factory export",
        r"export default _createPyodideModule;",
        "export{_createPyodideModule};export default _createPyodideModule;",
        1,
    ),
)
# These are shadowed by the header's import; the count only proves that the glue still speaks of them as it did.
EXPECTED_BARE_CALLS: tuple[tuple[str, str, int], ...] = (("event listeners", r"(?<![\w.$])addEventListener\(", 3),)


def adapt_glue(source: str, replacements: tuple[Replacement, ...] = REPLACEMENTS) -> str:
    """Return the glue as workerd can run it; raises `GlueMismatchError` naming every place that differs."""
    problems: list[str] = []
    for what, pattern, places in EXPECTED_BARE_CALLS:
        found = len(re.findall(pattern, source))
        if found != places:
            problems.append(f"{what}: expected {places} places, found {found}")
    for replacement in replacements:
        source, found = re.subn(replacement.pattern, lambda _: replacement.becomes, source)  # noqa: B023
        if found != replacement.places:
            problems.append(f"{replacement.what}: expected {replacement.places} places, found {found}")
    if problems:
        raise GlueMismatchError("this pyodide.asm.mjs is not the known one: " + "; ".join(problems))
    return _HEADER + source
