package dev.keyturn.javaagent.pool;

import dev.keyturn.javaagent.report.Problems;
import java.lang.ref.WeakReference;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One pool: which secrets its connections were opened with, its connections as it knows them
 * itself, and the way to retire one. Only public methods of it are called. Any thread.
 */
abstract class Pool {
  final WeakReference<Object> pool;
  final String type;
  private final Set<String> secrets = new HashSet<String>();

  /** None of the libraries' classes has an own idea of what is equal. */
  private final Set<Object> connections =
      Collections.newSetFromMap(new WeakHashMap<Object, Boolean>());

  /** Those whose turn has come. */
  private final Set<Object> due =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<Object, Boolean>()));

  Pool(Object pool) {
    this.pool = new WeakReference<Object>(pool);
    this.type = pool.getClass().getName();
  }

  static Pool of(Object pool) {
    String type = pool.getClass().getName();
    if (type.startsWith("com.zaxxer.hikari.")) {
      return new Hikari(pool);
    } else if (type.startsWith("org.apache.tomcat.jdbc.")) {
      return new TomcatJdbc(pool);
    } else if (type.startsWith("io.agroal.")) {
      return new Agroal(pool);
    } else if (type.startsWith("com.mchange.")) {
      return new C3p0(pool);
    }
    return new Dbcp(pool);
  }

  synchronized void uses(Set<String> more) {
    secrets.addAll(more);
  }

  synchronized boolean usesAny(Set<String> changed) {
    return !Collections.disjoint(secrets, changed);
  }

  synchronized void add(Object connection) {
    connections.add(connection);
  }

  synchronized void remove(Object connection) {
    connections.remove(connection);
  }

  private synchronized List<WeakReference<Object>> connections() {
    List<WeakReference<Object>> all = new ArrayList<WeakReference<Object>>();
    for (Object connection : connections) {
      all.add(new WeakReference<Object>(connection));
    }
    return all;
  }

  /** Retires all connections that there are, each when its turn comes. */
  void retire(Retirement turns) throws Throwable {
    List<WeakReference<Object>> all = connections();
    turns.begin(all.size());
    for (WeakReference<Object> one : all) {
      turns.await();
      Object target = pool.get();
      Object connection = one.get();
      if (target != null && connection != null) {
        due.add(connection);
        try {
          retire(target, connection);
        } catch (Throwable e) {
          Problems.failed("pools", e);
        }
      }
    }
  }

  /** Closes it if it is idle, else has it closed when it comes back. */
  abstract void retire(Object target, Object connection) throws Throwable;

  /** The same object stands for a new connection from now on. */
  void renewed(Object connection) {
    due.remove(connection);
  }

  boolean isDue(Object connection) {
    return due.contains(connection);
  }

  static Object call(Object target, String name, Object... arguments) throws Throwable {
    return invoke(method(target.getClass(), name, arguments.length), target, arguments);
  }

  /**
   * The first of that name, in a class or interface that is public: a public method elsewhere can't
   * be called.
   */
  static Method method(Class<?> type, String name, int parameters) throws NoSuchMethodException {
    for (Class<?> at = type; at != null; at = at.getSuperclass()) {
      Method found = declared(at, name, parameters);
      if (found != null) {
        return found;
      }
      for (Class<?> implemented : at.getInterfaces()) {
        found = declared(implemented, name, parameters);
        if (found != null) {
          return found;
        }
      }
    }
    throw new NoSuchMethodException(type.getName() + "." + name);
  }

  private static @Nullable Method declared(Class<?> type, String name, int parameters) {
    if (Modifier.isPublic(type.getModifiers())) {
      for (Method candidate : type.getMethods()) {
        if (candidate.getName().equals(name)
            && candidate.getParameterTypes().length == parameters
            && !candidate.isBridge()
            && Modifier.isPublic(candidate.getDeclaringClass().getModifiers())) {
          return candidate;
        }
      }
    }
    return null;
  }

  static Object invoke(Method method, @Nullable Object target, @Nullable Object... arguments)
      throws Throwable {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause();
    }
  }
}
