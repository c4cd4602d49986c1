import java.util.Base64;
import org.apache.hc.client5.http.async.methods.SimpleHttpRequest;
import org.apache.hc.client5.http.async.methods.SimpleHttpResponse;
import org.apache.hc.client5.http.async.methods.SimpleRequestBuilder;
import org.apache.hc.client5.http.impl.async.CloseableHttpAsyncClient;
import org.apache.hc.client5.http.impl.async.HttpAsyncClients;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.nio.PoolingAsyncClientConnectionManagerBuilder;
import org.apache.hc.core5.http2.HttpVersionPolicy;

/** Apache HttpAsyncClient 5: one client. The argument says which HTTP. */
public class Apache5Async {
  public static void main(String[] args) throws Exception {
    String basic =
        "Basic "
            + Base64.getEncoder()
                .encodeToString("keyturn:api/user:keyturn:api/password".getBytes());
    CloseableHttpAsyncClient client =
        HttpAsyncClients.custom()
            .setConnectionManager(
                PoolingAsyncClientConnectionManagerBuilder.create()
                    .setDefaultTlsConfig(
                        TlsConfig.custom()
                            .setVersionPolicy(HttpVersionPolicy.valueOf(args[0]))
                            .build())
                    .build())
            .build();
    client.start();
    App.serve(
        command -> {
          SimpleHttpRequest request =
              SimpleRequestBuilder.get(command.substring("get ".length()))
                  .addHeader("Authorization", basic)
                  .addHeader("X-Token", "keyturn:api/token")
                  .build();
          SimpleHttpResponse response = client.execute(request, null).get();
          return response.getBodyText() + " " + response.getCode();
        });
  }
}
