"""The glue is adapted completely or not at all: each place that moved is named."""

import pytest

from scripts.layout import NODE_MODULES
from scripts.pyodide_glue import GlueMismatchError, Replacement, adapt_glue

LOADER = "function loadLibData(){if(handle){return 1}var f=find(libName);return readBinary(f)}function getExports(){return 2}"
GLUE = ";".join(
    [
        *["new WebAssembly.Module(bytes)"] * 4,
        *["WebAssembly.instantiate(binary,info)"] * 2,
        "WebAssembly.instantiateStreaming(response)",
        *["Date.now()"] * 22,
        "crypto.getRandomValues(view)",
        LOADER,
        "getMemory(metadata.memorySize+memAlign)",
        *["eval(code)"] * 6,
        "Module.eval(code)",
        *['addEventListener("message",f)'] * 3,
        'target.addEventListener("message",f)',
        "export default _createPyodideModule;",
    ]
)


def test_everything_v8_forbids_is_replaced_and_nothing_else() -> None:
    adapted = adapt_glue(GLUE)

    assert "new WebAssembly.Module(" not in adapted
    assert adapted.count("newWasmModule(bytes)") == 4
    assert adapted.count("wasmInstantiate(binary,info)") == 2
    assert "WebAssembly.instantiateStreaming(response)" in adapted
    assert "Date.now" not in adapted
    assert "getRandomValues(Module,view)" in adapted
    assert "patchedLoadLibData(Module,libName,flags.rpath)" in adapted
    assert "readBinary" not in adapted
    assert "function getExports(){return 2}" in adapted
    assert "Module.getMemoryPatched(Module,libName,metadata.memorySize+memAlign)" in adapted
    assert adapted.count("rejectEval(code)") == 6
    assert "Module.eval(code)" in adapted
    assert "export{_createPyodideModule};export default _createPyodideModule;" in adapted


def test_the_wrappers_are_imported_before_anything_else() -> None:
    first_line = adapt_glue(GLUE).splitlines()[0]

    assert first_line.startswith("import{")
    assert 'from"pyodide-internal:builtin_wrappers"' in first_line


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("Date.now();", "", "clock: expected 22 places, found 21"),
        ("eval(code)", "run(code)", "direct eval: expected 6 places, found 5"),
        ("export default _createPyodideModule;", "", "factory export: expected 1 places, found 0"),
        ('addEventListener("message",f)', "listen(f)", "event listeners: expected 3 places, found 2"),
    ],
)
def test_a_place_that_moved_is_named(before: str, after: str, named: str) -> None:
    with pytest.raises(GlueMismatchError, match=named):
        adapt_glue(GLUE.replace(before, after, 1))


def test_all_differences_are_named_at_once() -> None:
    with pytest.raises(GlueMismatchError, match="one: expected 2 places, found 1; two: expected 1 places, found 0"):
        adapt_glue(GLUE, (Replacement("one", r"find\(", "x", 2), Replacement("two", "absent", "x", 1)))


def test_the_installed_pyodide_is_the_known_one() -> None:
    adapt_glue((NODE_MODULES / "pyodide" / "pyodide.asm.mjs").read_text())
