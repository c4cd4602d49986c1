package dev.keyturn.javaagent.bootstrap;

import java.nio.ByteBuffer;
import java.security.ProtectionDomain;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the JDK and the woven methods call: each of the first methods stands in for the one of the
 * same name that the JDK called before, with the receiver as first argument. It lives in the boot
 * loader as {@code java.lang.KeyturnAnswers}, so it knows JDK types only; the maps are the agent's,
 * and live. Public, since woven methods are anywhere.
 */
public final class Answers {
  private static final Map<String, String> ENVIRONMENT;
  private static final Map<String, String> PROPERTIES;

  /** The classes to weave, and those that are looked up before such a one is used. */
  private static final Set<String> NAMES;

  /** The loader above the application's. */
  private static final ClassLoader PLATFORM;

  /** Whether a class was defined by a loader that asks none of the JDK's but the boot loader. */
  private static volatile boolean alone;

  private static final BiFunction<Object, @Nullable Object, @Nullable Object> AGENT;

  static {
    Object[] handed =
        Objects.requireNonNull((Object[]) System.getProperties().remove("keyturn.handover"));
    @SuppressWarnings("unchecked") // Boot put them there one line before
    Map<String, String> environment = (Map<String, String>) handed[0];
    @SuppressWarnings("unchecked")
    Map<String, String> properties = (Map<String, String>) handed[1];
    @SuppressWarnings("unchecked")
    Set<String> names = (Set<String>) handed[2];
    @SuppressWarnings("unchecked")
    BiFunction<Object, @Nullable Object, @Nullable Object> agent =
        (BiFunction<Object, @Nullable Object, @Nullable Object>) handed[3];
    ENVIRONMENT = environment;
    PROPERTIES = properties;
    NAMES = names;
    PLATFORM = (ClassLoader) handed[4];
    AGENT = agent;
  }

  private Answers() {}

  static @Nullable String getenv(String name) {
    return ENVIRONMENT.get(name);
  }

  static Map<String, String> getenv() {
    return ENVIRONMENT;
  }

  static @Nullable String getProperty(Properties properties, String name) {
    String answer = PROPERTIES.get(name);
    return answer != null ? answer : properties.getProperty(name);
  }

  static @Nullable String getProperty(
      Properties properties, String name, @Nullable String otherwise) {
    String answer = PROPERTIES.get(name);
    return answer != null ? answer : properties.getProperty(name, otherwise);
  }

  static Class<?> defineClass1(
      ClassLoader loader,
      @Nullable String name,
      byte[] classFile,
      int from,
      int length,
      @Nullable ProtectionDomain domain,
      @Nullable String source) {
    define(loader);
    if (name == null || !NAMES.contains(name)) {
      return Jdk.Loaders.defineClass1(loader, name, classFile, from, length, domain, source);
    }
    byte[] woven = (byte[]) AGENT.apply(name, Arrays.copyOfRange(classFile, from, from + length));
    Class<?> defined =
        woven == null
            ? Jdk.Loaders.defineClass1(loader, name, classFile, from, length, domain, source)
            : Jdk.Loaders.defineClass1(loader, name, woven, 0, woven.length, domain, source);
    Object unused = AGENT.apply(defined, true);
    return defined;
  }

  static Class<?> defineClass2(
      ClassLoader loader,
      @Nullable String name,
      ByteBuffer classFile,
      int from,
      int length,
      @Nullable ProtectionDomain domain,
      @Nullable String source) {
    define(loader);
    if (name == null || !NAMES.contains(name)) {
      return Jdk.Loaders.defineClass2(loader, name, classFile, from, length, domain, source);
    }
    byte[] bytes = new byte[length];
    ByteBuffer copy = classFile.duplicate();
    copy.position(from);
    copy.get(bytes);
    return defineClass1(loader, name, bytes, 0, length, domain, source);
  }

  @SuppressWarnings("ReferenceEquality") // the one loader
  private static void define(ClassLoader loader) {
    if (!alone && loader.getParent() == null && loader != PLATFORM) {
      Object unused = AGENT.apply(loader, null);
      alone = true;
    }
  }

  /** Public, since the JDK's loaders are in another package. */
  public static @Nullable Class<?> findLoadedClass(ClassLoader loader, String name) {
    boolean known = NAMES.contains(name);
    if (known && AGENT.apply(loader, name) != null) {
      return null;
    }
    Class<?> found = Jdk.Loaders.findLoadedClass(loader, name);
    if (known) {
      Object unused = AGENT.apply(found != null ? found : name, null);
    }
    return found;
  }

  /**
   * What a woven method calls before its first instruction.
   *
   * @param join which of them it is
   * @param values the receiver and the arguments; it goes on with the arguments of the same array
   */
  public static @Nullable Object[] enter(int join, @Nullable Object[] values) {
    Object unused = AGENT.apply(join, values);
    return values;
  }

  /** The same, for one that may be answered for: the answer, or null for it to go on. */
  public static @Nullable Object instead(int join, @Nullable Object[] values) {
    return AGENT.apply(join, values);
  }
}
