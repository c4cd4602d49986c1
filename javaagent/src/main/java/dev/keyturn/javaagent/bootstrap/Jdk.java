package dev.keyturn.javaagent.bootstrap;

import java.nio.ByteBuffer;
import java.security.ProtectionDomain;
import org.jspecify.annotations.Nullable;

/**
 * What {@link Answers} calls of package {@code java.lang} that only that package may call, for the
 * compiler: the build puts the JDK's classes in place of these.
 */
final class Jdk {
  private Jdk() {}

  static final class Loaders {
    private Loaders() {}

    static native Class<?> defineClass1(
        ClassLoader loader,
        @Nullable String name,
        byte[] classFile,
        int from,
        int length,
        @Nullable ProtectionDomain domain,
        @Nullable String source);

    static native Class<?> defineClass2(
        ClassLoader loader,
        @Nullable String name,
        ByteBuffer classFile,
        int from,
        int length,
        @Nullable ProtectionDomain domain,
        @Nullable String source);

    /** No static method there: the build makes it a call on the loader. */
    static native @Nullable Class<?> findLoadedClass(ClassLoader loader, String name);
  }
}
