package dev.keyturn.javaagent.pool;

import java.lang.reflect.Method;

/**
 * Agroal: a connection in use gets the state in which it is closed when it comes back. It can't be
 * told to flush a single idle one, but it flushes those that are not valid, and is told that this
 * one is not ({@link #isDue}).
 */
final class Agroal extends Pool {
  Agroal(Object pool) {
    super(pool);
  }

  @Override
  void retire(Object target, Object connection) throws Throwable {
    Method setState = method(connection.getClass(), "setState", 2);
    Class<?> states = setState.getParameterTypes()[0];
    if (!(Boolean)
        invoke(setState, connection, constant(states, "CHECKED_OUT"), constant(states, "FLUSH"))) {
      Method flush = method(target.getClass(), "flushPool", 1);
      invoke(flush, target, constant(flush.getParameterTypes()[0], "INVALID"));
    }
  }

  private static Object constant(Class<?> states, String name) {
    for (Object state : states.getEnumConstants()) {
      if (state.toString().equals(name)) {
        return state;
      }
    }
    throw new IllegalArgumentException(states.getName() + " has no " + name);
  }
}
