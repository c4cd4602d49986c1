package dev.keyturn.javaagent.core;

import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;
import org.jspecify.annotations.Nullable;

/** Makes {@code java.lang.System} ask {@code java.lang.KeyturnAnswers}, by retransforming it. */
final class SystemClass implements ClassFileTransformer {
  private byte @Nullable [] redirected;
  private @Nullable Throwable failure;

  /**
   * Retransforms System.
   *
   * @throws IllegalStateException if System is laid out in a way that {@link Redirection} does not
   *     know; it is untouched then
   */
  static void redirect(Instrumentation instrumentation) throws Exception {
    SystemClass transformer = new SystemClass();
    instrumentation.addTransformer(transformer, true);
    try {
      instrumentation.retransformClasses(System.class);
    } finally {
      instrumentation.removeTransformer(transformer);
    }
    if (transformer.redirected == null) {
      throw new IllegalStateException(
          "this JVM's java.lang.System is not laid out as expected and was left untouched, so"
              + " getenv and getProperty know no secret ("
              + transformer.failure
              + ")");
    }
  }

  @Override
  public byte @Nullable [] transform(
      @Nullable ClassLoader loader,
      @Nullable String name,
      @Nullable Class<?> type,
      @Nullable ProtectionDomain domain,
      byte[] classFile) {
    if (type != System.class) {
      return null;
    }
    try {
      redirected = new Redirection(classFile).redirected();
    } catch (Throwable e) {
      // The JVM would swallow it.
      failure = e;
    }
    return redirected;
  }
}
