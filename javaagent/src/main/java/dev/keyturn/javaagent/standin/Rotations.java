package dev.keyturn.javaagent.standin;

import dev.keyturn.javaagent.report.Problems;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Tells listeners of rotations, in order, on a thread that lives only while there is something to
 * tell: who is slow holds up the other listeners, but not the watcher. Any thread.
 */
public final class Rotations {
  private static final List<RotationListener> LISTENERS = new CopyOnWriteArrayList<>();
  private static final Queue<News> NEWS = new ArrayDeque<>();
  private static boolean telling;

  private Rotations() {}

  private static final class News {
    final Snapshot before;
    final Snapshot now;
    final Set<String> changed;

    News(Snapshot before, Snapshot now, Set<String> changed) {
      this.before = before;
      this.now = now;
      this.changed = changed;
    }
  }

  /** From now on the listener is told. */
  public static void add(RotationListener listener) {
    LISTENERS.add(listener);
  }

  static void tell(Snapshot before, Snapshot now) {
    Set<String> changed = now.changedSince(before);
    if (changed.isEmpty() || LISTENERS.isEmpty()) {
      return;
    }
    synchronized (NEWS) {
      NEWS.add(new News(before, now, changed));
      if (!telling) {
        telling = true;
        Thread thread = new Thread(new Teller(), "keyturn-rotated");
        thread.setDaemon(true);
        thread.setContextClassLoader(null);
        thread.start();
      }
    }
  }

  private static final class Teller implements Runnable {
    @Override
    public void run() {
      while (true) {
        News news;
        synchronized (NEWS) {
          news = NEWS.poll();
          if (news == null) {
            telling = false;
            return;
          }
        }
        for (RotationListener listener : LISTENERS) {
          try {
            listener.rotated(news.before, news.now, news.changed);
          } catch (Throwable e) {
            Problems.failed(listener.getClass().getSimpleName(), e);
          }
        }
      }
    }
  }
}
