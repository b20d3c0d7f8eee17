package org.sparkmim.data.source;

/** An archive that cannot be read any further. */
final class TarFault extends Exception {
  private static final long serialVersionUID = 1L;

  TarFault(String message) {
    super(message);
  }
}
