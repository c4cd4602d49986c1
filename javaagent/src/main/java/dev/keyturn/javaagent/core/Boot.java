package dev.keyturn.javaagent.core;

import dev.keyturn.javaagent.bootstrap.AnswersClass;
import java.lang.instrument.Instrumentation;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.security.ProtectionDomain;
import java.util.Map;

/**
 * Defines {@code java.lang.KeyturnAnswers} in the boot loader. Not with {@code
 * appendToBootstrapClassLoaderSearch}: that turns the JVM's class-data archive off.
 */
final class Boot {
  private Boot() {}

  static void define(
      Instrumentation instrumentation,
      Map<String, String> environment,
      Map<String, String> properties)
      throws Exception {
    byte[] answers = AnswersClass.text().getBytes(StandardCharsets.ISO_8859_1);
    if (System.getProperty("java.specification.version").equals("1.8")) {
      defineOn8(answers);
    } else {
      Java9.defineInJavaLang(instrumentation, answers);
    }
    // Taken out again by the class's initializer.
    System.getProperties().put("keyturn.handover", new Map<?, ?>[] {environment, properties});
    Class.forName(AnswersClass.NAME.replace('/', '.'), true, null);
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
        .invoke(instance.get(null), AnswersClass.NAME, answers, 0, answers.length, null, null);
  }
}
