@0xcf3ba4e7e7f7a2d1;
# The part of workerd's own bundle schema that a Pyodide bundle needs: a list of internal modules.

struct Bundle {
  modules @0 :List(Module);
}

enum ModuleType {
  bundle @0;
  builtin @1;
  internal @2;
}

struct Module {
  name @0 :Text;
  union {
    src @1 :Data;
    wasm @4 :Data;
    data @5 :Data;
    json @6 :Text;
  }
  tsDeclaration @3 :Text;
  type @2 :ModuleType;
  compileCache @7 :Data;
}
