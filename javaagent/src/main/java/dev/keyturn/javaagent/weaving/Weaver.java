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
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes classes ask the agent. From Java 9 on no transformer stays registered: the JVM would have
 * to fetch the bytes of every class that comes from an archive, to show them to it. Instead {@code
 * ClassLoader} and the JDK's own loaders are made to ask at the two places where a class comes to
 * be: {@code defineClass}, where the bytes of a class in the table are exchanged; and where a class
 * of an archive would be found, which is defined from its jar instead, or retransformed. What is
 * loaded without any of them, by the boot loader, is retransformed when an application first looks
 * up that class or a door to it; and whatever is loaded in another way is, sooner or later, by
 * {@link #sweep}. Only beside another agent a transformer stays. Any thread.
 *
 * <p>What is woven for a class or a door that is looked up is woven when the look-up ends: who
 * finds another thread at it waits.
 */
public final class Weaver {
  private static final boolean JAVA_8 =
      "1.8".equals(System.getProperty("java.specification.version"));

  private static final List<Join> DEFINED = new ArrayList<>();

  /** Of a class that is to become what it was. */
  private static final List<Join> UNTOUCHED = new ArrayList<>();

  /** Retransforming some classes takes some milliseconds. */
  private static final long LONGEST_WAIT_NANOS = 1_000_000_000;

  private static final String PLATFORM_LOADER =
      "jdk.internal.loader.ClassLoaders$PlatformClassLoader";

  /** What the names of the agent's own classes start with. */
  private static final String OURS =
      Weaver.class.getName().substring(0, Weaver.class.getName().indexOf("javaagent."));

  private final Instrumentation instrumentation;
  private final Joins joins;

  /** What was done to which class; {@link #DEFINED} if that is in its bytes for good. */
  private final Map<Class<?>, List<Join>> woven =
      Collections.synchronizedMap(new WeakHashMap<Class<?>, List<Join>>());

  /** What is being retransformed by us at the moment, and by whom. */
  private final Map<Class<?>, Thread> underWay = new ConcurrentHashMap<>();

  /**
   * The names of application classes in the table that are loaded, by whatever loader; null as long
   * as not all of them are known.
   */
  private volatile @Nullable Set<String> loadedNames;

  private boolean staying; // guarded by this

  /** Whether the JDK's classes of {@link Joins#STORES} are to be woven. */
  private volatile boolean stores;

  public Weaver(Instrumentation instrumentation, Joins joins) {
    this.instrumentation = instrumentation;
    this.joins = joins;
  }

  /**
   * Defines a class of package {@code java.lang} in the boot loader. On Java 8 by Unsafe. Later
   * java.lang would have to be opened for that ({@code redefineModule}, which spins a dozen classes
   * for its lambdas); so a class that is in it already is made to do it, for this one call: {@link
   * #redirectSystem} makes it what it was.
   *
   * @param classFile a byte a character
   */
  public void defineInJavaLang(String classFile) throws Exception {
    if (JAVA_8) {
      defineOnJava8(classFile.getBytes(StandardCharsets.ISO_8859_1));
      return;
    }
    Edits edits = new Edits(classFile.length());
    edits.wanted.put(TypeNotPresentException.class, UNTOUCHED);
    retransform(edits);
    new TypeNotPresentException(classFile, null).typeName();
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
    if (!JAVA_8) {
      edits.wanted.put(TypeNotPresentException.class, UNTOUCHED);
    }
    redirect(edits, System.class);
    if (andArm) {
      addAll(edits);
    }
    retransform(edits);
    Throwable failure = edits.failures.remove(System.class);
    report(edits);
    if (andArm && !JAVA_8) {
      knowWhatIsLoaded();
    }
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
    if (JAVA_8) {
      instrumentation.addTransformer(new OnJava8());
      addBootClasses(edits, joins.ofJdk());
    } else {
      redirect(edits, ClassLoader.class);
      try {
        redirect(edits, Class.forName("jdk.internal.loader.BuiltinClassLoader", false, null));
      } catch (ClassNotFoundException e) {
        Problems.failed("weaving", e);
      }
    }
    addLoaded(edits, instrumentation.getClass());
    boolean others = false;
    for (Class<?> loaded : instrumentation.getAllLoadedClasses()) {
      ClassLoader loader = loaded.getClassLoader();
      if (loader != null) {
        addLoaded(edits, loaded);
        others |= isOfOthers(loaded) && !isPlatform(loader);
      }
      if (ClassFileTransformer.class.isAssignableFrom(loaded) && isOfOthers(loaded)) {
        stay();
      }
    }
    if (others) {
      // Another agent's, or an application's: what they have looked up is not looked up again.
      addBootClasses(edits, joins.ofJdk());
    }
  }

  /**
   * From here on a class of the table is not taken from an archive: it would have to be
   * retransformed, for which the JVM stops and looks at all classes (30 ms in an application with
   * 14,000). Its loader defines it from its jar instead, woven. Only as long as no class of an
   * application was there before: who has one must not define it again.
   */
  private void knowWhatIsLoaded() {
    for (Class<?> loaded : instrumentation.getAllLoadedClasses()) {
      ClassLoader loader = loaded.getClassLoader();
      if (loader != null && isOfOthers(loaded) && !isPlatform(loader)) {
        return;
      }
    }
    loadedNames = Collections.newSetFromMap(new ConcurrentHashMap<String, Boolean>());
  }

  /**
   * Whether a loader that is asked for a class has to define it, and not to look whether it is
   * there.
   */
  public boolean isToBeDefined(String name) {
    Set<String> loaded = loadedNames;
    return loaded != null && !loaded.contains(name) && joins.isOfApplication(name);
  }

  /** Weaves all that is behind doors: for classes that do not come to them. */
  public void openDoors() {
    Edits edits = new Edits(0);
    addBootClasses(edits, joins.ofJdk());
    tryToRetransform(edits);
  }

  /** Weaves what is loaded, by whatever way. */
  public void sweep() {
    Edits edits = new Edits(0);
    for (Class<?> loaded : instrumentation.getAllLoadedClasses()) {
      addLoaded(edits, loaded);
    }
    tryToRetransform(edits);
  }

  private void addLoaded(Edits edits, Class<?> loaded) {
    List<Join> wanted = joins.of(loaded.getName());
    if (!wanted.isEmpty() && (stores || !wanted.get(0).when.equals(Joins.STORES))) {
      add(edits, loaded, wanted);
    }
  }

  /** Weaves the classes that make managers of key stores: the mount has one. */
  public void armForStores() {
    stores = true;
    Edits edits = new Edits(0);
    addBootClasses(edits, joins.ofStores());
    tryToRetransform(edits);
  }

  private void addBootClasses(Edits edits, Set<String> types) {
    for (String type : types) {
      try {
        add(edits, Class.forName(type, false, null), joins.of(type));
      } catch (ClassNotFoundException | LinkageError e) {
        // Not in this JVM, or not of the boot loader: then it is seen when it is loaded.
      }
    }
  }

  private void add(Edits edits, Class<?> type, List<Join> wanted) {
    boolean first;
    synchronized (woven) {
      first = !woven.containsKey(type);
      if (first) {
        woven.put(type, wanted);
        underWay.put(type, Thread.currentThread());
        edits.wanted.put(type, wanted);
      }
    }
    if (!first) {
      awaitOther(type);
    }
  }

  /** Not for ever: the other thread may need a lock that this one has. */
  private void awaitOther(Class<?> type) {
    long start = System.nanoTime();
    boolean interrupted = false;
    Thread other = underWay.get(type);
    while (other != null
        && other != Thread.currentThread()
        && System.nanoTime() - start < LONGEST_WAIT_NANOS) {
      synchronized (underWay) {
        if (underWay.containsKey(type)) {
          try {
            underWay.wait(LONGEST_WAIT_NANOS / 1_000_000);
          } catch (InterruptedException e) {
            interrupted = true;
          }
        }
      }
      other = underWay.get(type);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void redirect(Edits edits, Class<?> type) {
    add(edits, type, Collections.<Join>emptyList());
  }

  private static boolean isPlatform(ClassLoader loader) {
    return loader.getClass().getName().equals(PLATFORM_LOADER);
  }

  private static boolean isOfOthers(Class<?> type) {
    return !type.isInterface() && !type.isArray() && !type.getName().startsWith(OURS);
  }

  /**
   * There is another agent: when that retransforms a class, the JVM starts from its original bytes
   * and asks the transformers that are there. So one of ours is there from now on; the other
   * agent's costs as much anyway.
   */
  private synchronized void stay() {
    if (!staying) {
      staying = true;
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
    addLoaded(edits, type);
    addBootClasses(edits, joins.behind(type.getName()));
    tryToRetransform(edits);
  }

  /** A class of the table, or a door, is looked up; it may come to be. */
  public void lookedUp(String name) {
    Edits edits = new Edits(0);
    addBootClasses(edits, joins.behind(name));
    tryToRetransform(edits);
  }

  /** A class that was woven when it was defined. */
  public void defined(Class<?> type) {
    woven.put(type, DEFINED);
    Set<String> loaded = loadedNames;
    if (loaded != null) {
      loaded.add(type.getName());
    }
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
    try {
      instrumentation.addTransformer(edits, true);
      try {
        instrumentation.retransformClasses(edits.wanted.keySet().toArray(new Class<?>[0]));
      } finally {
        instrumentation.removeTransformer(edits);
      }
    } finally {
      synchronized (underWay) {
        underWay.keySet().removeAll(edits.wanted.keySet());
        underWay.notifyAll();
      }
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

  @SuppressWarnings("ReferenceEquality") // it is told from other empty lists by its identity
  private static byte @Nullable [] again(Class<?> type, byte[] classFile, List<Join> joins) {
    if (joins == UNTOUCHED) {
      return null;
    }
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
      return joins.of(dotted).isEmpty() ? null : defining(dotted, classFile);
    }
  }
}
