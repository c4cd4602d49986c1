package dev.keyturn.javaagent.bootstrap;

import java.lang.instrument.Instrumentation;
import java.lang.invoke.MethodHandles;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Defines a class of package {@code java.lang} in the boot loader, on Java 9 and later, when it is
 * initialized. It does so from a loader of its own: {@code java.lang} has to be opened to the module
 * of who does it, and that must not be the one that the application's class path is in, too.
 * Compiled for Java 9, then lowered to Java 8's class-file version like the rest: reflection would
 * do as well, but slower (docs/decisions/agent-technique.md).
 */
final class Opener {
  private Opener() {}

  static {
    Object[] handed =
        Objects.requireNonNull((Object[]) System.getProperties().remove("keyturn.handover"));
    ((Instrumentation) handed[0])
        .redefineModule(
            Object.class.getModule(),
            Set.of(),
            Map.of(),
            Map.of("java.lang", Set.of(Opener.class.getModule())),
            Set.of(),
            Map.of());
    try {
      MethodHandles.privateLookupIn(Object.class, MethodHandles.lookup())
          .defineClass((byte[]) handed[1]);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(e);
    }
  }
}
