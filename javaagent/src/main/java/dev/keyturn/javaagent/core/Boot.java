package dev.keyturn.javaagent.core;

import dev.keyturn.javaagent.bootstrap.Baked;
import java.lang.instrument.Instrumentation;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.security.ProtectionDomain;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Defines {@code java.lang.KeyturnAnswers} in the boot loader. Not with {@code
 * appendToBootstrapClassLoaderSearch}: that turns the JVM's class-data archive off.
 */
final class Boot extends ClassLoader {
  private Boot() {
    super(null);
  }

  /**
   * Defines it, and hands over what it answers with.
   *
   * @param types the names of the classes to weave
   * @param agent what it asks, see {@link Callbacks}
   */
  static void define(
      Instrumentation instrumentation,
      Map<String, String> environment,
      Map<String, String> properties,
      Set<String> types,
      BiFunction<Object, @Nullable Object, @Nullable Object> agent)
      throws ReflectiveOperationException {
    byte[] answers = bytes(Baked.answers());
    if (System.getProperty("java.specification.version").equals("1.8")) {
      defineOn8(answers);
    } else {
      Boot own = new Boot();
      byte[] opener = bytes(Baked.opener());
      own.defineClass(null, opener, 0, opener.length);
      initialize(Baked.OPENER, own, instrumentation, answers);
    }
    initialize(Baked.ANSWERS, null, environment, properties, types, agent);
  }

  private static void initialize(String name, @Nullable ClassLoader loader, Object... handedOver)
      throws ClassNotFoundException {
    System.getProperties().put("keyturn.handover", handedOver);
    Class.forName(name.replace('/', '.'), true, loader);
  }

  private static byte[] bytes(String baked) {
    return baked.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static void defineOn8(byte[] answers) throws ReflectiveOperationException {
    Class<?> unsafe = Class.forName("sun.misc.Unsafe");
    Field instance = unsafe.getDeclaredField("theUnsafe");
    instance.setAccessible(true);
    unsafe
        .getMethod(
            "defineClass",
            String.class,
            byte[].class,
            int.class,
            int.class,
            ClassLoader.class,
            ProtectionDomain.class)
        .invoke(instance.get(null), Baked.ANSWERS, answers, 0, answers.length, null, null);
  }
}
