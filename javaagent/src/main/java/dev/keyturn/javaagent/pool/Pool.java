package dev.keyturn.javaagent.pool;

import dev.keyturn.javaagent.report.Retired;
import java.lang.ref.WeakReference;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One pool, of whatever library: only public methods of it are called. */
@SuppressWarnings("ReferenceEquality") // of other libraries' objects only the identity is known
final class Pool {
  final WeakReference<Object> pool;
  private final Set<String> secrets = new HashSet<String>();

  /**
   * Only for pools that don't retire connections in use by themselves: those that are open, and
   * those to close when they come back.
   */
  private final List<WeakReference<Object>> open = new ArrayList<WeakReference<Object>>();

  private final List<WeakReference<Object>> retired = new ArrayList<WeakReference<Object>>();

  static volatile boolean someAreToBeClosedOnReturn;

  Pool(Object pool) {
    this.pool = new WeakReference<Object>(pool);
  }

  synchronized void add(Object connection, Set<String> used) {
    secrets.addAll(used);
    Object target = pool.get();
    if (target != null && isDbcp(target)) {
      forgetClosed(open);
      open.add(new WeakReference<Object>(connection));
    }
  }

  synchronized boolean usesAny(Set<String> changed) {
    for (String name : changed) {
      if (secrets.contains(name)) {
        return true;
      }
    }
    return false;
  }

  /** Closes idle connections, and has the others closed when they come back. */
  void retire() throws Throwable {
    Object target = pool.get();
    if (target == null) {
      return;
    }
    String type = target.getClass().getName();
    if (type.startsWith("com.zaxxer.hikari.")) {
      call(target, "softEvictConnections");
    } else if (type.startsWith("org.apache.tomcat.jdbc.")) {
      call(target, "purge");
    } else if (type.startsWith("io.agroal.")) {
      retireAgroal(target);
    } else if (type.startsWith("com.mchange.")) {
      retireC3p0(target);
    } else if (isDbcp(target)) {
      someAreToBeClosedOnReturn = true;
      synchronized (this) {
        retired.addAll(open);
        open.clear();
      }
      call(call(target, "getPool"), "clear");
    }
    Retired.pool(type);
  }

  private static boolean isDbcp(Object target) {
    return target.getClass().getName().endsWith(".dbcp2.PoolableConnectionFactory");
  }

  /** DBCP's own way to close a connection that it lent. */
  boolean closeIfRetired(Object pooled, Object connection) throws Throwable {
    Object target = pool.get();
    if (target == null || !retires(connection)) {
      return false;
    }
    Object objects = call(target, "getPool");
    invoke(method(objects.getClass(), "invalidateObject", 1), objects, pooled);
    return true;
  }

  private synchronized boolean retires(Object connection) {
    for (int i = retired.size(); --i >= 0; ) {
      Object candidate = retired.get(i).get();
      if (candidate == null || candidate == connection) {
        retired.remove(i);
      }
      if (candidate == connection) {
        return true;
      }
    }
    return false;
  }

  private static void forgetClosed(List<WeakReference<Object>> connections) {
    for (int i = connections.size(); --i >= 0; ) {
      if (connections.get(i).get() == null) {
        connections.remove(i);
      }
    }
  }

  private static void retireAgroal(Object target) throws Throwable {
    Method flush = method(target.getClass(), "flushPool", 1);
    for (Object mode : flush.getParameterTypes()[0].getEnumConstants()) {
      if (mode.toString().equals("GRACEFUL")) {
        invoke(flush, target, mode);
      }
    }
  }

  /** The target is what opens connections; c3p0's registry knows the pool that uses it. */
  private static void retireC3p0(Object target) throws Throwable {
    Class<?> registry =
        Class.forName(
            "com.mchange.v2.c3p0.C3P0Registry", false, target.getClass().getClassLoader());
    Set<?> pools = (Set<?>) invoke(registry.getMethod("getPooledDataSources"), null);
    for (Object candidate : pools) {
      if (call(candidate, "getConnectionPoolDataSource") == target) {
        call(candidate, "softResetAllUsers");
      }
    }
  }

  static Object call(Object target, String name) throws Throwable {
    return invoke(method(target.getClass(), name, 0), target);
  }

  /**
   * The first of that name, in a class or interface that is public: a public method elsewhere can't
   * be called.
   */
  private static Method method(Class<?> type, String name, int parameters)
      throws NoSuchMethodException {
    for (Method candidate : type.getMethods()) {
      if (candidate.getName().equals(name)
          && candidate.getParameterTypes().length == parameters
          && !candidate.isBridge()
          && java.lang.reflect.Modifier.isPublic(candidate.getDeclaringClass().getModifiers())) {
        return candidate;
      }
    }
    throw new NoSuchMethodException(type.getName() + "." + name);
  }

  private static Object invoke(Method method, @Nullable Object target, Object... arguments)
      throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
