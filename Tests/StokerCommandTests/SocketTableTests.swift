// The tables of sockets in /proc, in which the holder of an address is found.

import Testing

@testable import StokerCommand

struct SocketTableTests {
  private static let tcp = """
      sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
       0: 0100007F:2775 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 41001 1 0000000000000000 100 0 0 10 0
       1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 41002 1 0000000000000000 100 0 0 10 0
       2: 0100007F:2775 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  1000        0 41003 1 0000000000000000 20 4 30 10 -1
    """
  private static let tcp6 = """
      sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
       0: 00000000000000000000000001000000:2775 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 51001 1 0 100 0 0 10 0
       1: 0000000000000000FFFF00000100007F:1F91 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 51002 1 0 100 0 0 10 0
    """
  private static let unix = """
    Num       RefCount Protocol Flags    Type St Inode Path
    0000000000000000: 00000002 00000000 00010000 0001 01 61001 /run/other.sock
    0000000000000000: 00000003 00000000 00000000 0001 03 61002 /run/a b/stoker.sock
    0000000000000000: 00000002 00000000 00010000 0001 01 61003 /run/a b/stoker.sock
    0000000000000000: 00000002 00000000 00010000 0001 01 61004
    """

  private func inodes(_ table: String, _ port: Int, _ address: [UInt8]) -> [String] {
    SocketTable.tcp(table, port: port, address: address).map(\.inode)
  }

  @Test("an address is held by who listens on it or on all, and by nothing else")
  func addresses() {
    #expect(inodes(Self.tcp, 0x2775, [127, 0, 0, 1]) == ["41001"])
    #expect(inodes(Self.tcp, 0x2775, [127, 0, 0, 2]) == [])
    #expect(inodes(Self.tcp, 0x2775, [0, 0, 0, 0]) == ["41001"])
    #expect(inodes(Self.tcp, 8080, [127, 0, 0, 1]) == ["41002"])
    #expect(inodes(Self.tcp6, 0x2775, [UInt8](repeating: 0, count: 15) + [1]) == ["51001"])
    #expect(inodes(Self.tcp6, 0x1F91, [127, 0, 0, 1]) == ["51002"], "an IPv4 address of an IPv6 socket")
    #expect(SocketTable.tcp(Self.tcp, port: 0x2775, address: [127, 0, 0, 1]).first?.user == 1000)
  }

  @Test("a Unix socket is found by its path, blanks and all, if it listens")
  func paths() {
    #expect(SocketTable.unix(Self.unix, path: "/run/a b/stoker.sock").map(\.inode) == ["61003"])
    #expect(SocketTable.unix(Self.unix, path: "/run/none.sock").isEmpty)
  }

  @Test("damaged tables hold nothing")
  func damaged() {
    for table in ["", "x", "header\n1 2 3", "header\n 0: zz:1 0 0A 0 0 0 1 0 5"] {
      #expect(inodes(table, 1, [0, 0, 0, 0]).isEmpty && SocketTable.unix(table, path: "/x").isEmpty)
    }
  }
}
