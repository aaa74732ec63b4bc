// Strings in the form that execve needs.

/// A null-terminated array of C strings, freed with this value.
struct CStrings: ~Copyable {
  let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let count: Int

  init(_ strings: some Collection<[UInt8]>) {
    count = strings.count
    pointers = .allocate(capacity: strings.count + 1)
    pointers.initialize(repeating: nil, count: strings.count + 1)
    for (index, bytes) in strings.enumerated() {
      let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
      for (offset, byte) in bytes.enumerated() { (copy + offset).initialize(to: CChar(bitPattern: byte)) }
      (copy + bytes.count).initialize(to: 0)
      pointers[index] = copy
    }
  }

  deinit {
    for index in 0..<count { pointers[index]?.deallocate() }
    pointers.deallocate()
  }
}
