package dev.keyturn.sidecar.vault;

import dev.keyturn.plan.VaultAuth;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import dev.keyturn.sidecar.vault.VaultClient.StatusException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who we are to a server. What proves it is in files that are read once more at each login, since
 * they rotate too. Used under the lock of its session.
 */
final class Identity {
  private final VaultAuth auth;
  private final VaultClient client;

  /** The wrapping token that was opened last, or tried in vain: none is tried twice. */
  private String wrapping = "";

  private @Nullable String secretId;
  private @Nullable FetchException spoilt;

  Identity(VaultAuth auth, VaultClient client) {
    this.auth = auth;
    this.client = client;
  }

  /** Writes what can't be read from its file once more. */
  void save(StateWriter out) {
    out.text(wrapping).optional(Optional.ofNullable(secretId), StateWriter::text);
    Optional<String> reason = Optional.ofNullable(spoilt).map(FetchException::getMessage);
    out.optional(reason, StateWriter::text);
  }

  void restore(StateReader in) {
    wrapping = in.text();
    secretId = in.optional(StateReader::text).orElse(null);
    spoilt = in.optional(StateReader::text).map(FetchException::permanent).orElse(null);
  }

  /** {@code kubernetes}, {@code jwt}, {@code approle}, {@code cert} or {@code tokenfile}. */
  String method() {
    return auth.getClass().getSimpleName().toLowerCase(Locale.ROOT);
  }

  /**
   * Logs in with what the files hold now.
   *
   * @throws StatusException if the server refuses
   */
  Token login() throws FetchException, StatusException, InterruptedException {
    // Not a pattern switch: those are spun at run time, before the first file, and stay in memory.
    if (auth instanceof VaultAuth.Kubernetes kubernetes) {
      return client.login(
          kubernetes.mount(), jwt(Optional.of(kubernetes.role()), word(kubernetes.tokenFile())));
    }
    if (auth instanceof VaultAuth.Jwt jwt) {
      return client.login(jwt.mount(), jwt(jwt.role(), word(jwt.tokenFile())));
    }
    if (auth instanceof VaultAuth.AppRole role) {
      return client.login(role.mount(), appRole(role));
    }
    if (auth instanceof VaultAuth.Cert cert) {
      Map<String, Object> shown = new HashMap<>();
      cert.role().ifPresent(name -> shown.put("name", name));
      return client.login(cert.mount(), shown);
    }
    VaultAuth.TokenFile file = (VaultAuth.TokenFile) auth;
    String text = word(file.tokenFile());
    if (!file.wrapped()) {
      return client.adopt(text);
    }
    open(file.tokenFile(), text, Pattern.compile("auth/token/(create.*|renew.*)|auth/.*/login.*"));
    wrapping = text;
    try {
      Token token = client.unwrapToken(text);
      spoilt = usedUp(file.tokenFile());
      return token;
    } catch (StatusException e) {
      throw spoil(file.tokenFile(), e);
    }
  }

  private static Map<String, Object> jwt(Optional<String> role, String jwt) {
    Map<String, Object> shown = new HashMap<>();
    role.ifPresent(name -> shown.put("role", name));
    shown.put("jwt", jwt);
    return shown;
  }

  private Map<String, Object> appRole(VaultAuth.AppRole role)
      throws FetchException, InterruptedException {
    Map<String, Object> shown = new HashMap<>();
    shown.put("role_id", word(role.roleIdFile()));
    if (role.secretIdFile().isPresent()) {
      String file = role.secretIdFile().get();
      String text = word(file);
      shown.put("secret_id", role.wrapped() ? unwrapped(role.mount(), file, text) : text);
    }
    return shown;
  }

  private String unwrapped(String mount, String file, String text)
      throws FetchException, InterruptedException {
    String known = secretId;
    if (known != null && text.equals(wrapping)) {
      return known;
    }
    secretId = null;
    open(
        file,
        text,
        Pattern.compile("auth/" + Pattern.quote(mount) + "/role/[^/]+/(custom-)?secret-id"));
    wrapping = text;
    try {
      String opened = client.unwrapSecretId(text);
      secretId = opened;
      return opened;
    } catch (StatusException e) {
      throw spoil(file, e);
    }
  }

  /**
   * Looks at a wrapping token before it is opened. One that was made elsewhere than where it should
   * have been is somebody's replacement for the true one.
   */
  private void open(String file, String text, Pattern madeAt)
      throws FetchException, InterruptedException {
    FetchException before = spoilt;
    if (before != null && text.equals(wrapping)) {
      throw before;
    }
    spoilt = null;
    try {
      String path = client.wrappedBy(text);
      if (!madeAt.matcher(path).matches()) {
        wrapping = text;
        spoilt =
            FetchException.permanent(
                "login: the wrapping token in %s was made at '%s', where no such identity comes from: somebody may have put it in place of the true one; revoke what that was, and write a new wrapping token"
                    .formatted(file, path));
        throw spoilt;
      }
    } catch (StatusException e) {
      wrapping = text;
      throw spoil(file, e);
    }
  }

  /** What the server says of a wrapping token is final, unless the server as a whole was down. */
  private FetchException spoil(String file, StatusException e) {
    if (e.status() != 400 && e.status() != 403 && e.status() != 404) {
      wrapping = "";
      return FetchException.temporary(
          "login: the wrapping token in %s cannot be opened: status %d: %s"
              .formatted(file, e.status(), Statuses.hint(e.status())),
          null);
    }
    FetchException failure =
        FetchException.permanent(
            "login: the wrapping token in %s is over or was opened already: unless it is older than its time to live, or this process was restarted, somebody else has what was in it; revoke that, find out who, and write a new wrapping token"
                .formatted(file));
    spoilt = failure;
    return failure;
  }

  private static FetchException usedUp(String file) {
    return FetchException.permanent(
        "login: the token that was wrapped in %s is over, and its wrapping token is used up: write a new one"
            .formatted(file));
  }

  /** What a file holds: one word. */
  private static String word(String file) throws FetchException {
    String text;
    try {
      text = Files.readString(Path.of(file)).strip();
    } catch (NoSuchFileException e) {
      throw FetchException.permanent(
          "login: there is no identity file %s: mount it or correct vault.auth".formatted(file));
    } catch (IOException e) {
      throw FetchException.permanent(
          "login: the identity file %s cannot be read: %s"
              .formatted(file, e.getClass().getSimpleName()));
    }
    if (text.isEmpty() || !text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw FetchException.permanent(
          "login: the identity file %s must hold one word of ASCII and nothing else"
              .formatted(file));
    }
    return text;
  }
}
