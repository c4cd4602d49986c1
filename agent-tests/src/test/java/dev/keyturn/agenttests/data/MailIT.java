package dev.keyturn.agenttests.data;

import static org.assertj.core.api.Assertions.assertThat;

import com.icegreen.greenmail.user.GreenMailUser;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import com.icegreen.greenmail.util.ServerSetupTest;
import dev.keyturn.agenttests.Application;
import dev.keyturn.javaagent.Jvm;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MailIT {
  private static final String[] ANGUS = {
    "angus-mail", "angus-activation", "jakarta.mail-api", "jakarta.activation-api"
  };

  private final Pair one = Pair.version(1);
  private final Pair two = Pair.version(2);
  private final Pair three = Pair.version(3);
  private final GreenMail server =
      new GreenMail(
          new ServerSetup[] {
            ServerSetupTest.SMTP.dynamicPort(),
            ServerSetupTest.IMAP.dynamicPort(),
            ServerSetupTest.POP3.dynamicPort()
          });
  private GreenMailUser user;

  @TempDir Path scratch;

  @BeforeEach
  void startServer() {
    server.start();
    user = server.setUser("app@example.com", one.user(), one.password());
  }

  @AfterEach
  void stopServer() {
    server.stop();
  }

  private void onlyAllow(Pair pair) {
    server.getUserManager().deleteUser(user);
    user = server.setUser("app@example.com", pair.user(), pair.password());
  }

  @Test
  void smtp_imap_and_pop3_log_in_with_the_current_pair() throws Exception {
    try (Application app = start(application())) {
      assertThat(app.ask("mail")).isEqualTo("imap 1, pop3 1");
      onlyAllow(two);
      app.rotate(two.secret("mail"));
      assertThat(app.ask("mail")).startsWith("imap ");
      assertThat(server.getReceivedMessages()).isNotEmpty();
      // The stores are open, and what they sent since is in their write buffers.
      assertThat(app.onHeap(one.password(), two.password())).isEmpty();
      onlyAllow(three);
      assertThat(app.tell("mail")).startsWith("failed").doesNotContain("canary");
    }
  }

  @Test
  void a_pair_that_the_server_does_not_know_yet_is_followed_by_the_one_before() throws Exception {
    try (Application app = start(application())) {
      assertThat(app.ask("mail")).isEqualTo("imap 1, pop3 1");
      app.rotate(three.secret("mail"));
      assertThat(app.ask("mail")).isEqualTo("imap 2, pop3 2");
      assertThat(app.err()).contains("the newest version of [mail] was refused");
    }
  }

  @Test
  void in_a_child_class_loader_on_the_oldest_jvm() throws Exception {
    try (Application app =
        start(application().jvm(Jvm.oldestAndNewest().getFirst()).inChildLoader())) {
      assertThat(app.ask("mail")).isEqualTo("imap 1, pop3 1");
    }
  }

  @Test
  void the_library_of_before_angus() throws Exception {
    try (Application app =
        start(
            application()
                .jvm(Jvm.oldestAndNewest().getFirst())
                .with("jakarta.mail", "jakarta.activation"))) {
      assertThat(app.ask("mail")).isEqualTo("imap 1, pop3 1");
      app.rotate(three.secret("mail"));
      assertThat(app.ask("mail")).isEqualTo("imap 2, pop3 2");
    }
  }

  @Test
  void as_modules() throws Exception {
    try (Application app = start(application().withModules())) {
      assertThat(app.ask("mail")).isEqualTo("imap 1, pop3 1");
    }
  }

  private Application.Builder application() {
    return Application.of("data/Mail")
        .with(ANGUS)
        .arguments(
            String.valueOf(server.getSmtp().getPort()),
            String.valueOf(server.getImap().getPort()),
            String.valueOf(server.getPop3().getPort()));
  }

  private Application start(Application.Builder application) throws Exception {
    return application.start(scratch, one.secret("mail"));
  }
}
