using Fulcrum.Data.Hub;
using Xunit;

namespace Fulcrum.Tests.Hub;

public sealed class HubSettingsTests
{
    [Theory]
    [InlineData("", "/u/.cache/huggingface/hub")]
    [InlineData("XDG_CACHE_HOME=/x", "/x/huggingface/hub")]
    [InlineData("XDG_CACHE_HOME=/x HF_HOME=/h", "/h/hub")]
    [InlineData("HF_HOME=~/h", "/u/h/hub")]
    [InlineData("HF_HOME=/h HUGGINGFACE_HUB_CACHE=/old", "/old")]
    [InlineData("HF_HOME=/h HUGGINGFACE_HUB_CACHE=/old HF_HUB_CACHE=/c", "/c")]
    public void The_cache_lies_where_Python_s_client_puts_it(string variables, string cache) =>
        Assert.Equal(cache, Read(variables).Cache);

    [Theory]
    [InlineData("HF_TOKEN=hf_a HUGGING_FACE_HUB_TOKEN=hf_b", "hf_a")]
    [InlineData("HF_TOKEN= HUGGING_FACE_HUB_TOKEN=hf_b", "hf_b")]
    [InlineData("HUGGING_FACE_HUB_TOKEN=", null)]
    [InlineData("HF_TOKEN=hf_a HF_HUB_DISABLE_IMPLICIT_TOKEN=1", null)]
    public void The_first_token_that_is_not_empty_is_sent(string variables, string? token) =>
        Assert.Equal(token, Read(variables).Token?.Value);

    [Fact]
    public void A_stored_token_is_trimmed_and_comes_last()
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, "  hf_stored\r\n");

        Assert.Equal("hf_stored", Read($"HF_TOKEN_PATH={path}").Token?.Value);
        Assert.Equal("hf_a", Read($"HF_TOKEN_PATH={path} HF_TOKEN=hf_a").Token?.Value);
        File.Delete(path);
    }

    [Fact]
    public void No_text_about_a_token_contains_its_value() =>
        Assert.DoesNotContain("hf_secret", Read("HF_TOKEN=hf_secret").ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("https://mirror.example/hub/", "https://mirror.example/hub/api", true)]
    [InlineData("https://mirror.example", "https://MIRROR.example/x", true)]
    [InlineData("https://mirror.example", "http://mirror.example/x", false)]
    [InlineData("https://mirror.example", "https://mirror.example:444/x", false)]
    [InlineData("https://mirror.example", "https://cdn.mirror.example/x", false)]
    public void Only_the_endpoint_s_scheme_host_and_port_get_the_token(string endpoint, string address, bool same) =>
        Assert.Equal(same, Read("HF_ENDPOINT=" + endpoint).IsEndpoint(new Uri(address)));

    [Theory]
    [InlineData("HF_ENDPOINT=ftp://x")]
    [InlineData("HF_ENDPOINT=x")]
    [InlineData("HF_ENDPOINT=https://me:secret@x")]
    [InlineData("HF_HUB_ETAG_TIMEOUT=soon")]
    [InlineData("HF_TOKEN=hf_ä")]
    public void Unusable_variables_are_refused(string variables) =>
        Assert.Throws<InputException>(() => Read(variables));

    private static HubSettings Read(string variables)
    {
        Dictionary<string, string> set = variables
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(v => v.Split('=', 2))
            .ToDictionary(v => v[0], v => v[1]);
        return HubSettings.From(name => name == "HOME" ? "/u" : set.GetValueOrDefault(name));
    }
}
