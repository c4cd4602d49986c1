package dev.keyturn.javaagent.core;

import dev.keyturn.javaagent.bootstrap.AnswersClass;
import java.lang.instrument.Instrumentation;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.security.ProtectionDomain;
import java.util.Collections;
import java.util.Map;
import java.util.Set;

/**
 * Defines {@code java.lang.KeyturnAnswers} in the boot loader. Not with {@code
 * appendToBootstrapClassLoaderSearch}: that turns the JVM's class-data archive off.
 */
final class Boot {
  private Boot() {}

  @SuppressWarnings({"unchecked", "rawtypes"})
  static void define(
      Instrumentation instrumentation,
      Map<String, String> environment,
      Map<String, String> properties)
      throws Exception {
    byte[] answers = AnswersClass.text().getBytes(StandardCharsets.ISO_8859_1);
    Class<?> module;
    try {
      module = Class.forName("java.lang.Module");
    } catch (ClassNotFoundException e) {
      module = null;
    }
    if (module == null) {
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
    } else {
      java.lang.reflect.Method getModule = Class.class.getMethod("getModule");
      Object base = getModule.invoke(Object.class);
      Object ours = getModule.invoke(Boot.class);
      Instrumentation.class
          .getMethod(
              "redefineModule", module, Set.class, Map.class, Map.class, Set.class, Map.class)
          .invoke(
              instrumentation,
              base,
              Collections.emptySet(),
              Collections.emptyMap(),
              Collections.singletonMap("java.lang", Collections.singleton(ours)),
              Collections.emptySet(),
              Collections.emptyMap());
      Object lookup =
          MethodHandles.class
              .getMethod("privateLookupIn", Class.class, MethodHandles.Lookup.class)
              .invoke(null, Object.class, MethodHandles.lookup());
      MethodHandles.Lookup.class
          .getMethod("defineClass", byte[].class)
          .invoke(lookup, (Object) answers);
    }
    java.util.Properties system = System.getProperties();
    system.put("keyturn.handover", new Map[] {environment, properties});
    Class.forName(AnswersClass.NAME.replace('/', '.'), true, null);
  }
}
