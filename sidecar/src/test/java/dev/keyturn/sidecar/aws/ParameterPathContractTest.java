package dev.keyturn.sidecar.aws;

import dev.keyturn.plan.Reference;

class ParameterPathContractTest extends AwsContract {
  @Override
  protected Reference reference() {
    return Reference.parse("aws-ssm:/contract/" + name + "/");
  }

  @Override
  protected Reference absent() {
    return Reference.parse("aws-ssm:/contract/absent/");
  }

  @Override
  void put(String value) throws Exception {
    moto.ssm(
        "PutParameter",
        "{\"Name\": \"/contract/%s/password\", \"Value\": \"%s\", \"Type\": \"SecureString\", \"Overwrite\": true}"
            .formatted(name, value));
  }
}
