package dev.keyturn.javaagent.weaving;

import dev.keyturn.javaagent.report.Problems;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.lang.instrument.UnmodifiableClassException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Makes classes ask the agent. From Java 9 on no transformer stays registered: the JVM would have
 * to fetch the bytes of every class that comes from an archive, to show them to it. Instead {@code
 * ClassLoader} and the JDK's own loaders are made to ask at the two places where a class comes to
 * be: {@code defineClass}, where the bytes of a class in the table are exchanged; and where a class
 * of an archive is found, which is then retransformed. What is loaded without any of them, by the
 * boot loader, is retransformed when the agent arms. Only beside another agent a transformer stays.
 * Any thread.
 */
public final class Weaver {
  /** The JDK's classes of a sink that is not needed at once: some 100 ms after the start. */
  public static final String LATE = "late";

  /** The JDK's classes of a sink that is needed only if the mount has a key or trust store. */
  public static final String STORES = "stores";

  private static final boolean JAVA_8 =
      "1.8".equals(System.getProperty("java.specification.version"));

  private static final List<Join> DEFINED = new ArrayList<>();

  private final Instrumentation instrumentation;
  private final Joins joins;

  /** What was done to which class; {@link #DEFINED} if that is in its bytes for good. */
  private final Map<Class<?>, List<Join>> woven =
      Collections.synchronizedMap(new WeakHashMap<Class<?>, List<Join>>());

  /** What is being retransformed by us at the moment. */
  private final Map<Class<?>, Boolean> underWay = new ConcurrentHashMap<>();

  private final AtomicBoolean staying = new AtomicBoolean();

  public Weaver(Instrumentation instrumentation, Joins joins) {
    this.instrumentation = instrumentation;
    this.joins = joins;
  }

  /**
   * Defines a class of package {@code java.lang} in the boot loader. On Java 8 by Unsafe. Later
   * java.lang would have to be opened for that ({@code redefineModule}, which spins a dozen classes
   * for its lambdas); so a class that is in it already is made to do it, for this one call.
   *
   * @param classFile a byte a character
   */
  public void defineInJavaLang(String classFile) throws Exception {
    if (JAVA_8) {
      defineOnJava8(classFile.getBytes(StandardCharsets.ISO_8859_1));
      return;
    }
    Edits edits = new Edits(classFile.length());
    edits.wanted.put(TypeNotPresentException.class, Collections.<Join>emptyList());
    retransform(edits);
    new TypeNotPresentException(classFile, null).typeName();
    // Without the transformer it becomes what it was.
    instrumentation.retransformClasses(TypeNotPresentException.class);
  }

  private static void defineOnJava8(byte[] classFile) throws ReflectiveOperationException {
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
        .invoke(instance.get(null), null, classFile, 0, classFile.length, null, null);
  }

  /**
   * Makes System answer for the mount, and, if asked, all else that {@link #arm} does: at once,
   * since it costs less so.
   *
   * @throws IllegalStateException if System is laid out in a way that is not known; it is untouched
   */
  public void redirectSystem(boolean andArm) throws UnmodifiableClassException {
    Edits edits = new Edits(0);
    redirect(edits, System.class);
    if (andArm) {
      addAll(edits);
    }
    retransform(edits);
    Throwable failure = edits.failures.remove(System.class);
    report(edits);
    if (failure != null) {
      throw new IllegalStateException(
          "this JVM's java.lang.System is not laid out as expected and was left untouched, so"
              + " getenv and getProperty know no secret ("
              + failure
              + ")");
    }
  }

  /** From now on classes of the table are woven. Called once, when there is a secret. */
  public void arm() {
    Edits edits = new Edits(0);
    addAll(edits);
    tryToRetransform(edits);
  }

  private void addAll(Edits edits) {
    redirect(edits, ProcessBuilder.class);
    if (JAVA_8) {
      instrumentation.addTransformer(new OnJava8());
    } else {
      redirect(edits, ClassLoader.class);
      try {
        redirect(edits, Class.forName("jdk.internal.loader.BuiltinClassLoader", false, null));
      } catch (ClassNotFoundException e) {
        Problems.failed("weaving", e);
      }
    }
    for (Class<?> loaded : instrumentation.getAllLoadedClasses()) {
      add(edits, loaded);
      if (ClassFileTransformer.class.isAssignableFrom(loaded) && isOfOthers(loaded)) {
        stay();
      }
    }
    addBootClasses(edits, "");
  }

  /** Weaves the JDK's own classes of sinks that are needed later or not always. */
  public void armAlso(String when) {
    Edits edits = new Edits(0);
    addBootClasses(edits, when);
    tryToRetransform(edits);
  }

  private void addBootClasses(Edits edits, String when) {
    for (Join join : joins.all()) {
      if (join.when.equals(when) && isOfJdk(join.type)) {
        try {
          add(edits, Class.forName(join.type, false, null));
        } catch (ClassNotFoundException | LinkageError e) {
          // Not in this JVM, or not of the boot loader: then it is seen when it is loaded.
        }
      }
    }
  }

  private static boolean isOfJdk(String type) {
    return type.startsWith("java.")
        || type.startsWith("javax.")
        || type.startsWith("sun.")
        || type.startsWith("com.sun.")
        || type.startsWith("jdk.");
  }

  private void add(Edits edits, Class<?> type) {
    if (joins.types().contains(type.getName())) {
      add(edits, type, joins.of(type.getName()));
    }
  }

  private void add(Edits edits, Class<?> type, List<Join> wanted) {
    if (!woven.containsKey(type)) {
      woven.put(type, wanted);
      edits.wanted.put(type, wanted);
    }
  }

  private void redirect(Edits edits, Class<?> type) {
    add(edits, type, Collections.<Join>emptyList());
  }

  private static boolean isOfOthers(Class<?> transformer) {
    return !transformer.isInterface() && !transformer.getName().startsWith(Weaver.class.getName());
  }

  /**
   * There is another agent: when that retransforms a class, the JVM starts from its original bytes
   * and asks the transformers that are there. So one of ours is there from now on; the other
   * agent's costs as much anyway.
   */
  private void stay() {
    if (staying.compareAndSet(false, true)) {
      instrumentation.addTransformer(new Staying(), true);
    }
  }

  /** A transformer is registered, by whomever. */
  public void registered(Object transformer) {
    if (isOfOthers(transformer.getClass())) {
      stay();
    }
  }

  /** The class file to define in place of the given one, or null to leave it. */
  public byte @Nullable [] defining(String name, byte[] classFile) {
    return enter(name, classFile, joins.of(name));
  }

  /** A class of the table that came to be; woven now unless it was woven when it was defined. */
  public void found(Class<?> type) {
    Edits edits = new Edits(0);
    add(edits, type);
    tryToRetransform(edits);
  }

  /** A class that was woven when it was defined. */
  public void defined(Class<?> type) {
    woven.put(type, DEFINED);
  }

  /**
   * Weaves a class that is not in the table by name, and is loaded. Once for each class; joins
   * whose method it does not declare are passed over.
   */
  public void weave(Class<?> type, List<Join> wanted) {
    Edits edits = new Edits(0);
    add(edits, type, wanted);
    tryToRetransform(edits);
  }

  private void tryToRetransform(Edits edits) {
    try {
      retransform(edits);
    } catch (Throwable e) {
      Problems.failed("weaving", e);
    }
    report(edits);
  }

  private static void report(Edits edits) {
    for (Map.Entry<Class<?>, Throwable> failure : edits.failures.entrySet()) {
      Problems.failed("weaving " + failure.getKey().getName(), failure.getValue());
    }
  }

  private void retransform(Edits edits) throws UnmodifiableClassException {
    if (edits.wanted.isEmpty()) {
      return;
    }
    for (Class<?> type : edits.wanted.keySet()) {
      underWay.put(type, true);
    }
    instrumentation.addTransformer(edits, true);
    try {
      instrumentation.retransformClasses(edits.wanted.keySet().toArray(new Class<?>[0]));
    } finally {
      instrumentation.removeTransformer(edits);
      underWay.keySet().removeAll(edits.wanted.keySet());
    }
  }

  /** Null if none of the methods is there: another version of the library. */
  private static byte @Nullable [] enter(String name, byte[] classFile, List<Join> wanted) {
    try {
      ClassFile changed = new ClassFile(classFile);
      boolean any = false;
      for (Join join : wanted) {
        any |= changed.enter(join.method, join.descriptor, join.instead, join.index);
      }
      return any ? changed.bytes() : null;
    } catch (RuntimeException e) {
      Problems.failed("weaving " + name, e);
      return null;
    }
  }

  /** What is to be done to classes that are loaded; the JVM asks when it retransforms them. */
  private static final class Edits implements ClassFileTransformer {
    private final Map<Class<?>, List<Join>> wanted = new HashMap<>();
    private final Map<Class<?>, Throwable> failures = new HashMap<>();
    private final int toDefine;

    /** The length of the class file that {@link #defineInJavaLang} has, or 0. */
    Edits(int toDefine) {
      this.toDefine = toDefine;
    }

    @Override
    public byte @Nullable [] transform(
        @Nullable ClassLoader loader,
        @Nullable String name,
        @Nullable Class<?> type,
        @Nullable ProtectionDomain domain,
        byte[] classFile) {
      List<Join> joins = type == null ? null : wanted.get(type);
      if (joins == null || type == null) {
        return null;
      }
      try {
        if (toDefine > 0) {
          ClassFile changed = new ClassFile(classFile);
          changed.defineFrom("typeName", "()Ljava/lang/String;", "typeName", toDefine);
          return changed.bytes();
        }
        return again(type, classFile, joins);
      } catch (Throwable e) {
        // The JVM would swallow it.
        failures.put(type, e);
        return null;
      }
    }
  }

  private static byte @Nullable [] again(Class<?> type, byte[] classFile, List<Join> joins) {
    return joins.isEmpty() ? redirected(type, classFile) : enter(type.getName(), classFile, joins);
  }

  @SuppressWarnings("ReferenceEquality") // it is told from other empty lists by its identity
  private static boolean isDefined(List<Join> joins) {
    return joins == DEFINED;
  }

  /** Does once more what was done to a class, when somebody else retransforms it. */
  private final class Staying implements ClassFileTransformer {
    @Override
    public byte @Nullable [] transform(
        @Nullable ClassLoader loader,
        @Nullable String name,
        @Nullable Class<?> type,
        @Nullable ProtectionDomain domain,
        byte[] classFile) {
      List<Join> joins = type == null || underWay.containsKey(type) ? null : woven.get(type);
      if (type == null || joins == null || isDefined(joins)) {
        return null;
      }
      try {
        return again(type, classFile, joins);
      } catch (Throwable e) {
        Problems.failed("weaving " + type.getName(), e);
        return null;
      }
    }
  }

  static byte[] redirected(Class<?> type, byte[] classFile) {
    ClassFile changed = new ClassFile(classFile);
    if (type == System.class) {
      String environment = "java/lang/ProcessEnvironment";
      String oneString = "(Ljava/lang/String;)Ljava/lang/String;";
      String twoStrings = "(Ljava/lang/String;Ljava/lang/String;)Ljava/lang/String;";
      String map = "()Ljava/util/Map;";
      String properties = "java/util/Properties";
      // Not ProcessEnvironment itself, which ProcessBuilder uses: children get the real
      // environment.
      changed.redirect("getenv", oneString, environment, "getenv", oneString, null);
      changed.redirect("getenv", map, environment, "getenv", map, null);
      for (String descriptor : Arrays.asList(oneString, twoStrings)) {
        changed.redirect(
            "getProperty", descriptor, properties, "getProperty", descriptor, properties);
      }
    } else if (type == ProcessBuilder.class) {
      String start =
          "([Ljava/lang/String;Ljava/util/Map;Ljava/lang/String;"
              + "[Ljava/lang/ProcessBuilder$Redirect;Z)Ljava/lang/Process;";
      changed.redirect(
          "start",
          JAVA_8
              ? "()Ljava/lang/Process;"
              : "([Ljava/lang/ProcessBuilder$Redirect;)Ljava/lang/Process;",
          "java/lang/ProcessImpl",
          "start",
          start,
          null);
    } else if (type == ClassLoader.class) {
      String domain = "Ljava/security/ProtectionDomain;";
      changed.redirect(
          "defineClass",
          "(Ljava/lang/String;[BII" + domain + ")Ljava/lang/Class;",
          "java/lang/ClassLoader",
          "defineClass1",
          ClassFile.DEFINE_CLASS_1,
          null);
      changed.redirect(
          "defineClass",
          "(Ljava/lang/String;Ljava/nio/ByteBuffer;" + domain + ")Ljava/lang/Class;",
          "java/lang/ClassLoader",
          "defineClass2",
          ClassFile.DEFINE_CLASS_1.replace("[B", "Ljava/nio/ByteBuffer;"),
          null);
    } else {
      String builtin = "jdk/internal/loader/BuiltinClassLoader";
      changed.redirect(
          "loadClassOrNull",
          "(Ljava/lang/String;Z)Ljava/lang/Class;",
          builtin,
          "findLoadedClass",
          "(Ljava/lang/String;)Ljava/lang/Class;",
          "java/lang/ClassLoader");
    }
    return changed.bytes();
  }

  /**
   * Where {@code defineClass} can't be made to ask: its native half is no static method there. An
   * archive of application classes, which this would slow down, came with Java 10.
   */
  private final class OnJava8 implements ClassFileTransformer {
    @Override
    public byte @Nullable [] transform(
        @Nullable ClassLoader loader,
        @Nullable String name,
        @Nullable Class<?> type,
        @Nullable ProtectionDomain domain,
        byte[] classFile) {
      if (name == null || type != null) {
        return null;
      }
      String dotted = name.replace('/', '.');
      return joins.types().contains(dotted) ? defining(dotted, classFile) : null;
    }
  }
}
