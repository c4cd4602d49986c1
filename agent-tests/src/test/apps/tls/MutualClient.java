import java.io.FileInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** One client that has a certificate of its own, for the server at the port that is given. */
public class MutualClient {
  public static void main(String[] args) throws Exception {
    String mount = System.getProperty("keyturn.mount") + "/..data/";
    KeyManagerFactory keys = KeyManagerFactory.getInstance(args[1]);
    keys.init(load(mount + "client"), "changeit".toCharArray());
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(load(mount + "ca"));
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    HttpClient client =
        HttpClient.newBuilder().sslContext(context).version(HttpClient.Version.HTTP_1_1).build();
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("https://localhost:" + args[0] + "/")).build();
    App.serve(command -> client.send(request, HttpResponse.BodyHandlers.ofString()).body());
  }

  private static KeyStore load(String file) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (FileInputStream in = new FileInputStream(file)) {
      store.load(in, "changeit".toCharArray());
    }
    return store;
  }
}
