// Nothing but the program's start: all of it is in Shell, which tests can look into. Foundation is named here so that it is
// linked as the rest of Swift is, into the program.
import Foundation
import Shell

Ward.main()
