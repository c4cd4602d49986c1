package dev.keyturn.webhook.certificate;

import dev.keyturn.webhook.log.Log;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Looks for a new certificate now and then, and passes it on. What fails is logged once, and the
 * certificate in use stays.
 */
public final class CertificateKeeper implements AutoCloseable {
  private final CertificateSource source;
  private final Consumer<ServerCertificate> user;
  private final Duration pause;
  private final Log log;
  private final Thread thread;
  private ServerCertificate inUse;
  private String lastFailure = "";

  /**
   * Starts looking.
   *
   * @param first in use already
   * @param user told of each new certificate, by the keeper's thread
   * @param pause between two looks
   */
  public CertificateKeeper(
      CertificateSource source,
      ServerCertificate first,
      Consumer<ServerCertificate> user,
      Duration pause,
      Log log) {
    this.source = source;
    this.inUse = first;
    this.user = user;
    this.pause = pause;
    this.log = log;
    this.thread = Thread.ofVirtual().name("certificate").start(this::run);
  }

  private void run() {
    try {
      while (true) {
        Thread.sleep(pause);
        look();
      }
    } catch (InterruptedException e) {
      // The end: close() asks for it.
    }
  }

  private void look() throws InterruptedException {
    try {
      ServerCertificate found = source.current();
      lastFailure = "";
      if (!found.chain().equals(inUse.chain())) {
        user.accept(found);
        inUse = found;
        log.info("certificate-replaced").with("not-after", found.notAfter().toString()).write();
      }
    } catch (CertificateException | RuntimeException e) {
      String failure = String.valueOf(e.getMessage());
      if (!failure.equals(lastFailure)) {
        log.warning("certificate-not-replaced")
            .with(e)
            .with("in-use-until", inUse.notAfter().toString())
            .write();
        lastFailure = failure;
      }
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
