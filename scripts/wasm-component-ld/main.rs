fn main() {
    wasm_component_ld::main()
}
