/// The arithmetic of the engine, as far as results depend on it.
public enum Numerics {
  /// Equal versions: the same seed and settings give the same bits, on every processor with AVX2 and FMA. It is raised by
  /// every change that makes them give others; the test of recorded weights tells when.
  public static let version = 5
}
