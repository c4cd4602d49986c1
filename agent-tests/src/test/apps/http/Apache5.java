import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.io.entity.StringEntity;

/** Apache HttpClient 5: one client, and a request with an entity that is used again. */
public class Apache5 {
  public static void main(String[] args) throws Exception {
    String basic =
        "Basic "
            + Base64.getEncoder()
                .encodeToString("keyturn:api/user:keyturn:api/password".getBytes());
    CloseableHttpClient client = HttpClients.createDefault();
    Map<String, HttpPost> requests = new HashMap<>();
    App.serve(
        command -> {
          String[] words = command.split(" ");
          HttpPost request = requests.get(words[1]);
          if (request == null) {
            request = new HttpPost(words[1]);
            request.setHeader("Authorization", basic);
            request.setHeader("X-Token", "keyturn:api/token");
            request.setEntity(new StringEntity("sent keyturn:api/token"));
            requests.put(words[1], request);
          }
          CloseableHttpClient used = client;
          if (words[0].equals("through")) {
            request.setHeader("Proxy-Authorization", "Bearer keyturn:gate/token");
            used =
                HttpClients.custom()
                    .setProxy(new HttpHost("localhost", Integer.parseInt(words[2])))
                    .build();
          }
          return used.execute(
              request,
              response -> EntityUtils.toString(response.getEntity()) + " " + response.getCode());
        });
  }
}
