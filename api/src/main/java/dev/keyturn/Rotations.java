package dev.keyturn;

import dev.keyturn.mount.Generation;
import dev.keyturn.mount.MountException;
import dev.keyturn.mount.MountReader;
import dev.keyturn.mount.MountedFile;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One mount and who wants to hear of it. A thread looks at the mount while there are subscriptions,
 * and only then: in a web application it must not outlive them.
 */
final class Rotations implements Runnable {
  private static final long LOOK_EVERY_MILLIS = 500;

  private final MountReader mount;
  private final List<Listening> subscriptions = new CopyOnWriteArrayList<>();
  private @Nullable Thread watcher;

  Rotations(MountReader mount) {
    this.mount = mount;
  }

  Secret get(String name) {
    try {
      Generation now = mount.current();
      MountedFile file = now.file(name);
      if (file == null) {
        throw new SecretException(
            "no secret '" + name + "' at " + mount.directory() + ": it has " + now.names());
      }
      if (file.problem() != null) {
        throw new SecretException("secret '" + name + "' can't be read: " + file.problem());
      }
      return new Secret(file);
    } catch (MountException e) {
      throw new SecretException(e);
    }
  }

  synchronized Secrets.Subscription onRotate(String name, Consumer<? super Secret> listener) {
    Listening subscription = new Listening(name, listener);
    Generation now = now();
    subscription.seen = now == null ? null : now.file(name);
    subscriptions.add(subscription);
    if (watcher == null) {
      watcher = daemon(this, "keyturn-rotations");
    }
    return subscription;
  }

  /** The thread that looks, or null while nobody has subscribed. */
  synchronized @Nullable Thread watcher() {
    return watcher;
  }

  @Override
  public void run() {
    while (true) {
      try {
        Thread.sleep(LOOK_EVERY_MILLIS);
      } catch (InterruptedException e) {
        // Nobody has a reason to; a look too early does no harm.
      }
      synchronized (this) {
        if (subscriptions.isEmpty()) {
          watcher = null;
          return;
        }
      }
      Generation now = now();
      if (now != null) {
        for (Listening subscription : subscriptions) {
          subscription.look(now);
        }
      }
    }
  }

  /** Null while there is no mount to read: those who ask for a secret are told why. */
  private @Nullable Generation now() {
    try {
      return mount.current();
    } catch (MountException e) {
      return null;
    }
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  /** One listener, and the version it has yet to be told of. */
  private final class Listening implements Secrets.Subscription, Runnable {
    private final String name;
    private final Consumer<? super Secret> listener;
    private final @Nullable ClassLoader contextLoader =
        Thread.currentThread().getContextClassLoader();
    private final AtomicReference<@Nullable Secret> news = new AtomicReference<>();

    /** Used by the watcher only, once this is subscribed. */
    private @Nullable MountedFile seen;

    Listening(String name, Consumer<? super Secret> listener) {
      this.name = Objects.requireNonNull(name);
      this.listener = Objects.requireNonNull(listener);
    }

    void look(Generation generation) {
      MountedFile now = generation.file(name);
      if (now == null || now.problem() != null || (seen != null && seen.sameContent(now))) {
        return;
      }
      seen = now;
      if (news.getAndSet(new Secret(now)) == null) {
        daemon(this, "keyturn-rotated-" + name);
      }
    }

    @Override
    public void run() {
      Thread thread = Thread.currentThread();
      thread.setContextClassLoader(contextLoader);
      for (Secret secret = news.get(); secret != null; secret = news.get()) {
        try {
          if (subscriptions.contains(this)) {
            listener.accept(secret);
          }
        } catch (Throwable e) {
          thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
        }
        news.compareAndSet(secret, null);
      }
    }

    @Override
    public void close() {
      subscriptions.remove(this);
    }
  }
}
