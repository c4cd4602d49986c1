package dev.keyturn.javaagent.pool;

import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * Commons DBCP 2 and Tomcat's copy of it. An idle connection is claimed as a borrower does, which
 * only one can, and then invalidated. One in use is invalidated instead of being returned.
 */
final class Dbcp extends Pool {
  private static volatile boolean someAreToBeClosedOnReturn;

  private final Set<Object> retired =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<Object, Boolean>()));

  Dbcp(Object pool) {
    super(pool);
  }

  /** Whether a connection of any such pool was ever retired. */
  static boolean someAreToBeClosedOnReturn() {
    return someAreToBeClosedOnReturn;
  }

  @Override
  void retire(Object target, Object connection) throws Throwable {
    Object lent = call(connection, "getObject");
    retired.add(lent);
    someAreToBeClosedOnReturn = true;
    if ((Boolean) call(connection, "allocate")) {
      closeIfRetired(lent);
    }
  }

  /** Whether what was lent, and comes back, was retired meanwhile and is closed now. */
  boolean closeIfRetired(Object lent) throws Throwable {
    Object target = pool.get();
    if (target == null || !retired.remove(lent)) {
      return false;
    }
    Object objects = call(target, "getPool");
    invoke(method(objects.getClass(), "invalidateObject", 1), objects, lent);
    return true;
  }
}
