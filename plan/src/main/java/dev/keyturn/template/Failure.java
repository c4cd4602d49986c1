package dev.keyturn.template;

import org.jspecify.annotations.Nullable;

/** What went wrong in an evaluation, before its place is known. Holds no value. */
final class Failure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The argument that it is about, from 0 on; -1 for the function itself. */
  private final int argument;

  Failure(String what) {
    this(what, -1);
  }

  Failure(String what, int argument) {
    super(what, null, false, false);
    this.argument = argument;
  }

  int argument() {
    return argument;
  }

  String what() {
    @Nullable String message = getMessage();
    return message == null ? "failed" : message;
  }
}
