package dev.keyturn.agenttests.applications;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/** Users of a shop: each orders, looks, and orders again, until they are told to stop. */
final class Users {
  /** Some 60 requests a second of each, if the shop keeps up. */
  private static final long PAUSE_MILLIS = 15;

  /** Every so many requests one looks at the count. */
  private static final int LOOK = 10;

  private final RunningApplication shop;
  private final AtomicBoolean stopped = new AtomicBoolean();
  private final List<Thread> threads = new ArrayList<>();
  private final List<Long> nanos = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();
  private int orders;

  private Users(RunningApplication shop) {
    this.shop = shop;
  }

  static Users of(RunningApplication shop, int count) {
    Users users = new Users(shop);
    for (int i = 0; i < count; i++) {
      users.threads.add(Thread.ofPlatform().name("user").start(users::use));
    }
    return users;
  }

  private void use() {
    for (int i = 1; !stopped.get(); i++) {
      boolean look = i % LOOK == 0;
      long began = System.nanoTime();
      String failure = "";
      try {
        HttpResponse<String> answer =
            look ? shop.send("GET", "/orders") : shop.send("POST", "/orders?item=" + i);
        if (answer.statusCode() != 200) {
          failure = answer.statusCode() + " " + answer.body();
        }
      } catch (Exception e) {
        failure = e.toString();
      }
      report(System.nanoTime() - began, look, failure);
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private synchronized void report(long took, boolean look, String failure) {
    nanos.add(took);
    if (!failure.isEmpty()) {
      failures.add(failure);
    } else if (!look) {
      orders++;
    }
  }

  void stop() throws InterruptedException {
    stopped.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
    Collections.sort(nanos);
  }

  /** Of a request that was refused or got no answer, what came instead. */
  synchronized List<String> failures() {
    return List.copyOf(failures);
  }

  int requests() {
    return nanos.size();
  }

  int orders() {
    return orders;
  }

  /** How long the given part of the requests took at most; after the stop. */
  double millis(double percent) {
    return nanos.get((int) Math.round((nanos.size() - 1) * percent / 100)) / 1e6;
  }
}
