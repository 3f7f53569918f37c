using System.Text;
using Fulcrum.Data.Hub;
using Xunit;

namespace Fulcrum.Tests.Hub;

public sealed class HubPullTests : IDisposable
{
    private static readonly byte[] Weights = FakeHub.Bytes(300_000);
    private readonly List<string> said = [];
    private readonly FakeHub hub = new FakeHub()
        .With("org/tiny", "config.json", "{}")
        .With("org/tiny", "model.safetensors", Weights)
        .With("org/tiny", "sub/a b#%?.json", "[]")
        .With("org/tiny", "pytorch_model.bin", "pickle");

    private string Cache => Path.Combine(hub.Home, "hub");

    private string Repository => Path.Combine(Cache, "models--org--tiny");

    private string Commit => FakeHub.Commit("org/tiny", "main");

    public void Dispose() => hub.Dispose();

    [Fact]
    public void A_snapshot_consists_of_relative_links_to_blobs_named_by_their_digests()
    {
        HubLocation place = hub.Resolver.Model("org/tiny");

        Assert.Equal(Path.Combine(Repository, "snapshots", Commit), place.Path);
        Assert.Equal($"org/tiny@{Commit}", place.Pinned);
        string deep = Path.Combine(place.Path, "sub", "a b#%?.json");
        Assert.Equal($"../../../blobs/{FakeHub.Digest("x.json", "[]"u8.ToArray())}", new FileInfo(deep).LinkTarget);
        Assert.Equal(Weights, File.ReadAllBytes(Path.Combine(place.Path, "model.safetensors")));
        Assert.Equal(Commit, File.ReadAllText(Path.Combine(Repository, "refs", "main")));
        Assert.False(File.Exists(Path.Combine(place.Path, "pytorch_model.bin")));
        Assert.Equal(3, Directory.GetFiles(Path.Combine(Repository, "blobs")).Length);
    }

    [Fact]
    public void A_large_file_comes_in_ranges_and_is_the_same()
    {
        hub.Resolver.Model("org/tiny");

        Received[] ranges = [.. hub.Log.Where(r => r.Side == "cdn")];
        Assert.Equal(5, ranges.Length);
        Assert.Contains(ranges, r => r.Range == "bytes=262144-299999");
    }

    [Fact]
    public void A_file_is_downloaded_again_in_one_piece_if_the_server_does_not_serve_ranges()
    {
        hub.Instead = (request, response) =>
        {
            if (request.Side != "cdn")
            {
                return false;
            }

            response.ContentLength64 = Weights.Length;
            response.OutputStream.Write(Weights);
            return true;
        };

        HubLocation place = hub.Resolver.Model("org/tiny");

        Assert.Equal(Weights, File.ReadAllBytes(Path.Combine(place.Path, "model.safetensors")));
    }

    [Fact]
    public void A_second_pull_fetches_no_file()
    {
        hub.Resolver.Model("org/tiny");
        hub.Log.Clear();

        hub.Resolver.Model("org/tiny");

        Assert.Equal("/api/models/org/tiny/revision/main", Assert.Single(hub.Log).Path);
    }

    [Fact]
    public void Offline_the_cache_is_used_without_a_request()
    {
        hub.Resolver.Model("org/tiny");
        hub.Log.Clear();
        hub.Variables["HF_HUB_OFFLINE"] = "1";

        Assert.Equal(Path.Combine(Repository, "snapshots", Commit), hub.Resolver.Model("org/tiny").Path);
        FulcrumException none = Assert.Throws<FulcrumException>(() => hub.Resolver.Model("org/other"));
        Assert.Contains("HF_HUB_OFFLINE", none.Message, StringComparison.Ordinal);
        Assert.Empty(hub.Log);
    }

    [Fact]
    public void A_cached_snapshot_serves_while_the_hub_is_unavailable()
    {
        hub.Resolver.Model("org/tiny");
        hub.Instead = (_, response) => (response.StatusCode = 503) > 0;
        List<string> said = [];

        HubLocation place = new HubResolver(hub.Settings, say: said.Add).Model("org/tiny");

        Assert.Equal(Commit, place.Commit);
        Assert.Contains("503", Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public void An_interrupted_pull_is_not_a_complete_snapshot()
    {
        hub.Instead = (request, response) => request.Side == "cdn" && (response.StatusCode = 404) > 0;
        Assert.Throws<FulcrumException>(() => hub.Resolver.Model("org/tiny"));
        hub.Variables["HF_HUB_OFFLINE"] = "1";

        FulcrumException partial = Assert.Throws<FulcrumException>(() => hub.Resolver.Model("org/tiny"));

        Assert.Contains("part of org/tiny: ", partial.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_part_of_a_model_is_not_taken_for_all_of_it_offline()
    {
        HubReference tiny = HubReference.Parse(HubKind.Model, "org/tiny");
        hub.Resolver.Pull(tiny, new HubSelection(Include: ["*.json"]));
        hub.Variables["HF_HUB_OFFLINE"] = "1";

        Assert.Equal(Commit, hub.Resolver.Pull(tiny, new HubSelection(Include: ["*.json"])).Commit);
        Assert.Throws<FulcrumException>(() => hub.Resolver.Pull(tiny, new HubSelection()));
    }

    [Theory]
    [InlineData("q4.gguf", "GGUF files. Each is fetched by its name, such as org/other/q4.gguf")]
    [InlineData("pytorch_model.bin", "weights in pytorch_model.bin, a format that is never fetched")]
    [InlineData("notes.md", "1 file, such as notes.md")]
    public void A_repository_without_any_file_of_a_model_is_refused_with_what_it_has(string path, string expected)
    {
        hub.With("org/other", path, "x");

        InputException refused = Assert.Throws<InputException>(() => Pull("org/other", new HubSelection()));

        Assert.StartsWith("org/other has no weights as safetensors. It has ", refused.Message);
        Assert.Contains(expected, refused.Message);
    }

    [Fact]
    public void A_repository_without_weights_is_fetched_with_a_warning_unless_the_user_chose_its_files()
    {
        hub.With("org/other", "config.json", "{}").With("org/other", "model.onnx", "x");

        Pull("org/other", new HubSelection(Exclude: ["*.txt"]));
        Pull("org/other", new HubSelection(Weights: false));
        Pull("org/tiny", new HubSelection());
        Assert.Empty(said);
        Pull("org/other", new HubSelection());

        Assert.Equal(
            "warning: org/other has no weights as safetensors. It has weights in model.onnx, a format that is never "
                + "fetched because many such files can run code. 1 other file is fetched",
            Assert.Single(said)
        );
    }

    [Fact]
    public void A_pull_of_which_the_patterns_leave_no_file_is_refused()
    {
        InputException refused = Assert.Throws<InputException>(() =>
            Pull("org/tiny", new HubSelection(Exclude: ["*"]))
        );

        Assert.Contains("left without those that match *", refused.Message);
    }

    private HubLocation Pull(string id, HubSelection selection) =>
        new HubResolver(hub.Settings, say: said.Add).Pull(HubReference.Parse(HubKind.Model, id), selection);

    [Fact]
    public void Bytes_that_came_before_a_cut_are_not_fetched_again()
    {
        bool cut = true;
        long sent = 0;
        hub.Body = (request, body) =>
        {
            byte[] part = request.Side == "cdn" && cut ? body[..50_000] : body;
            cut &= request.Side != "cdn";
            sent += request.Side == "cdn" ? part.Length : 0;
            return part;
        };

        HubLocation place = hub.Resolver.Model("org/tiny");

        Assert.Equal(Weights, File.ReadAllBytes(Path.Combine(place.Path, "model.safetensors")));
        Assert.Equal(Weights.Length, sent);
    }

    [Fact]
    public void A_later_process_resumes_what_an_earlier_one_left()
    {
        string digest = FakeHub.Digest("model.safetensors", Weights);
        Directory.CreateDirectory(Path.Combine(Repository, "blobs"));
        string left = Path.Combine(Repository, "blobs", digest + ".fulcrum.incomplete");
        using (PartialFile partial = new(left, Weights.Length, 1 << 16))
        {
            partial.Pieces[0].Append(Weights.AsSpan(0, 65_000));
            partial.Pieces[1].Append(Weights.AsSpan(1 << 16, 1 << 16));
        }

        hub.Resolver.Model("org/tiny");

        string?[] ranges = [.. hub.Log.Where(r => r.Side == "cdn").Select(r => r.Range)];
        Assert.Equal(4, ranges.Length);
        Assert.Contains("bytes=65000-65535", ranges);
        Assert.False(File.Exists(left));
    }

    [Fact]
    public void Wrong_bytes_of_an_earlier_process_are_fetched_again()
    {
        string digest = FakeHub.Digest("model.safetensors", Weights);
        Directory.CreateDirectory(Path.Combine(Repository, "blobs"));
        using (
            PartialFile partial = new(
                Path.Combine(Repository, "blobs", digest + ".fulcrum.incomplete"),
                Weights.Length,
                1 << 16
            )
        )
        {
            partial.Pieces[0].Append(new byte[1000]);
        }

        HubLocation place = hub.Resolver.Model("org/tiny");

        Assert.Equal(Weights, File.ReadAllBytes(Path.Combine(place.Path, "model.safetensors")));
    }

    [Fact]
    public void A_file_with_a_wrong_digest_is_refused_and_named()
    {
        hub.Body = (request, body) =>
        {
            byte[] changed = [.. body];
            changed[^1] ^= request.Side == "cdn" ? (byte)1 : (byte)0;
            return changed;
        };

        FulcrumException refused = Assert.Throws<FulcrumException>(() => hub.Resolver.Model("org/tiny"));

        Assert.Contains("model.safetensors", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, refused.ExitCode);
        Assert.DoesNotContain(
            Directory.GetFiles(Path.Combine(Repository, "blobs")),
            f => f.Contains(FakeHub.Digest("model.safetensors", Weights))
        );
    }

    [Fact]
    public void The_token_goes_to_the_hub_with_each_request_and_never_to_the_second_host()
    {
        hub.Variables["HF_TOKEN"] = "hf_secret";

        hub.Resolver.Model("org/tiny");

        Assert.All(hub.Log.Where(r => r.Side == "hub"), r => Assert.Equal("Bearer hf_secret", r.Token));
        Assert.All(hub.Log.Where(r => r.Side == "cdn"), r => Assert.Null(r.Token));
    }

    [Fact]
    public void Renamed_repository_is_fetched_with_the_token_and_cached_under_the_given_name()
    {
        hub.Variables["HF_TOKEN"] = "hf_secret";
        hub.Instead = (request, response) =>
        {
            bool old = request.Path.Contains("org/old", StringComparison.Ordinal);
            response.StatusCode = old ? 307 : 200;
            response.Headers["Location"] = old ? request.Path.Replace("org/old", "org/tiny") : "";
            return old;
        };

        HubLocation place = hub.Resolver.Model("org/old");

        Assert.StartsWith(Path.Combine(Cache, "models--org--old"), place.Path);
        Assert.All(hub.Log.Where(r => r.Side == "hub"), r => Assert.NotNull(r.Token));
    }

    [Fact]
    public void A_next_page_on_another_host_is_refused()
    {
        hub.Instead = (request, response) =>
        {
            if (!request.Path.Contains("/tree/", StringComparison.Ordinal))
            {
                return false;
            }

            response.Headers["Link"] = $"<{hub.Cdn}page2>; rel=\"next\"";
            response.OutputStream.Write("[]"u8);
            return true;
        };

        Assert.Throws<FulcrumException>(() => hub.Resolver.Model("org/tiny"));
        Assert.Equal(0, hub.Count("cdn", "GET"));
    }

    [Theory]
    [InlineData("../outside.json")]
    [InlineData("/etc/x.json")]
    [InlineData("a/../../x.json")]
    [InlineData("C:/x.json")]
    [InlineData("a\\..\\x.json")]
    public void A_file_name_that_leads_out_is_refused_before_the_first_byte(string name)
    {
        hub.With("org/tiny", name, "{}");

        FulcrumException refused = Assert.Throws<FulcrumException>(() => hub.Resolver.Model("org/tiny"));

        Assert.Contains("leads out", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, hub.Count("hub", "HEAD"));
        Assert.False(Directory.Exists(Repository));
    }

    [Fact]
    public void Refusals_name_the_requested_thing_and_what_to_do()
    {
        Assert.Contains("private", Refused(() => hub.Resolver.Model("org/none")), StringComparison.Ordinal);
        Assert.Contains("v9.9", Refused(() => hub.Resolver.Model("org/tiny@v9.9")), StringComparison.Ordinal);
        hub.Instead = (request, response) =>
        {
            bool file = request.Method == "HEAD";
            response.StatusCode = file ? 403 : 200;
            response.Headers["X-Error-Code"] = "GatedRepo";
            return file;
        };
        Assert.Contains($"{hub.Hub}org/tiny", Refused(() => hub.Resolver.Model("org/tiny")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_of_a_proxy_is_not_taken_for_the_hub()
    {
        hub.Instead = (_, response) =>
        {
            response.OutputStream.Write("<html>Sign in</html>"u8);
            return true;
        };

        FulcrumException refused = Assert.Throws<FulcrumException>(() => hub.Resolver.Model("org/tiny"));

        Assert.Contains("HF_ENDPOINT", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Repository));
    }

    [Fact]
    public void An_existing_folder_wins_without_a_request()
    {
        string here = Directory.CreateDirectory(Path.Combine(hub.Home, "folder")).FullName;

        Assert.Equal(new HubLocation(here), hub.Resolver.Model(here));
        Assert.Empty(hub.Log);
    }

    [Fact]
    public void The_cache_is_listed_and_a_repository_removed_with_its_locks()
    {
        hub.Resolver.Model("org/tiny");

        CachedEntry entry = Assert.Single(HubCache.List(hub.Settings));
        Assert.Equal(("org/tiny", HubKind.Model, 300_004L), (entry.Id, entry.Kind, entry.Bytes));
        Assert.Equal(["main"], Assert.Single(entry.Revisions).Refs);
        Assert.Equal(300_004, HubCache.Remove(hub.Settings, "org/tiny"));
        Assert.Empty(HubCache.List(hub.Settings));
        Assert.Throws<InputException>(() => HubCache.Remove(hub.Settings, "org/tiny"));
    }

    [Fact]
    public async Task Login_stores_a_token_that_the_hub_knows_for_the_owner_only()
    {
        hub.Instead = (request, response) =>
        {
            response.StatusCode = request.Token == "Bearer hf_good" ? 200 : 401;
            response.OutputStream.Write(Encoding.UTF8.GetBytes("""{"name": "me"}"""));
            return true;
        };

        await Assert.ThrowsAsync<InputException>(() => HubLogin.StoreAsync(hub.Settings, "hf_bad", default));
        Assert.False(File.Exists(hub.Settings.TokenPath));
        Assert.Equal("me", await HubLogin.StoreAsync(hub.Settings, "hf_good\n", default));
        Assert.Equal("hf_good", File.ReadAllText(hub.Settings.TokenPath));
        Assert.Equal("[me]\nhf_token = hf_good\n\n", File.ReadAllText(Path.Combine(hub.Home, "stored_tokens")));
        Assert.True(
            OperatingSystem.IsWindows()
                || File.GetUnixFileMode(hub.Settings.TokenPath) == (UnixFileMode.UserRead | UnixFileMode.UserWrite)
        );
    }

    [Fact]
    public async Task Login_names_the_place_where_a_token_cannot_be_stored()
    {
        hub.Instead = (_, response) =>
        {
            response.OutputStream.Write(Encoding.UTF8.GetBytes("""{"name": "me"}"""));
            return true;
        };
        Directory.CreateDirectory(hub.Settings.TokenPath);

        InputException e = await Assert.ThrowsAsync<InputException>(() =>
            HubLogin.StoreAsync(hub.Settings, "hf_good", default)
        );

        Assert.StartsWith($"cannot store the token in {hub.Settings.TokenPath}: cannot write ", e.Message);
    }

    private static string Refused(Action action) => Assert.Throws<InputException>(action).Message;
}
