import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.apache.http.HttpHost;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.HttpPost;
import org.apache.http.entity.StringEntity;
import org.apache.http.impl.client.CloseableHttpClient;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.impl.client.LaxRedirectStrategy;
import org.apache.http.util.EntityUtils;

/** Apache HttpClient 4: one client, and a request with an entity that is used again. */
public class Apache4 {
  public static void main(String[] args) throws Exception {
    String basic =
        "Basic "
            + Base64.getEncoder()
                .encodeToString("keyturn:api/user:keyturn:api/password".getBytes());
    CloseableHttpClient client =
        HttpClients.custom().setRedirectStrategy(new LaxRedirectStrategy()).build();
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
          try (CloseableHttpResponse response = used.execute(request)) {
            return EntityUtils.toString(response.getEntity())
                + " "
                + response.getStatusLine().getStatusCode();
          }
        });
  }
}
