package dev.keyturn.javaagent.core;

import java.lang.instrument.Instrumentation;
import java.lang.invoke.MethodHandles;
import java.util.Map;
import java.util.Set;

/**
 * Calls that Java 8 lacks. Compiled for Java 9, then lowered to Java 8's class-file version like
 * the rest: reflection would do as well, but costs 40 ms (docs/decisions/agent-technique.md).
 */
final class Java9 {
  private Java9() {}

  /** Defines a class of package {@code java.lang} in the boot loader. */
  static void defineInJavaLang(Instrumentation instrumentation, byte[] classFile)
      throws IllegalAccessException {
    Module base = Object.class.getModule();
    instrumentation.redefineModule(
        base,
        Set.of(),
        Map.of(),
        Map.of("java.lang", Set.of(Java9.class.getModule())),
        Set.of(),
        Map.of());
    MethodHandles.privateLookupIn(Object.class, MethodHandles.lookup()).defineClass(classFile);
  }
}
