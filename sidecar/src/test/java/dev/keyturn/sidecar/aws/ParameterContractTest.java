package dev.keyturn.sidecar.aws;

import dev.keyturn.plan.Reference;

class ParameterContractTest extends AwsContract {
  @Override
  protected Reference reference() {
    return Reference.parse("aws-ssm:/contract/" + name + "?format=json");
  }

  @Override
  protected Reference absent() {
    return Reference.parse("aws-ssm:/contract/absent");
  }

  @Override
  void put(String value) throws Exception {
    moto.ssm(
        "PutParameter",
        "{\"Name\": \"/contract/%s\", \"Value\": \"{\\\"password\\\": \\\"%s\\\"}\", \"Type\": \"SecureString\", \"Overwrite\": true}"
            .formatted(name, value));
  }
}
