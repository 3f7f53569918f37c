using System.Diagnostics;
using System.Text.Json;
using Fulcrum.Files;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>Names, links, special files and sizes that somebody else chose.</summary>
public sealed class UntrustedFilesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    private string Outside => Path.Combine(folder, "outside.txt");

    private string Inside => Path.Combine(folder, "run");

    public UntrustedFilesTests()
    {
        File.WriteAllText(Outside, "precious");
        Directory.CreateDirectory(Inside);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("study.json")]
    [InlineData("base/spider.jsonl")]
    [InlineData("candidates/rank8-lambda-0.5/adapter/adapter_model.safetensors")]
    [InlineData("façade/題.json")]
    public void A_name_inside_the_folder_is_accepted(string name) =>
        Assert.Equal(Path.Combine(Inside, name), RelativeName.Parse(name, "a manifest").In(Inside));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../b")]
    [InlineData("./a")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("..\\a")]
    [InlineData("C:a")]
    [InlineData("file://a")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    [InlineData("\u001b[2J")]
    [InlineData("\u202egnp.exe")]
    [InlineData("a.")]
    public void A_name_that_leads_elsewhere_or_acts_is_refused(string? name)
    {
        InputException refusal = Assert.Throws<InputException>(() => RelativeName.Parse(name, "a manifest"));

        Assert.DoesNotContain(refusal.Message, char.IsControl);
    }

    [Theory]
    [InlineData(300, 1)]
    [InlineData(1, 40)]
    public void A_name_that_is_too_long_or_too_deep_is_refused(int letters, int parts)
    {
        string name = string.Join('/', Enumerable.Repeat(new string('e', letters), parts));

        Assert.Null(RelativeName.TryParse(name));
    }

    [Theory]
    [InlineData(28, 1)] // no space left
    [InlineData(122, 1)] // quota
    [InlineData(17, 2)] // a file is where a folder should be
    public void A_full_disk_is_a_failure_and_a_wrong_place_is_a_wrong_input(int number, int code)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "numbers of Unix");
        Assert.Equal(code, AtomicFile.Failure("out", new IOException("refused", number)).ExitCode);
    }

    [Fact]
    public void Names_are_read_from_JSON_as_values_and_as_keys_and_refused_there()
    {
        Dictionary<RelativeName, string> read = JsonSerializer.Deserialize<Dictionary<RelativeName, string>>(
            """{"base/a.jsonl": "00"}"""
        )!;

        Assert.Equal("base/a.jsonl", read.Keys.Single().ToString());
        Assert.Equal("""{"base/a.jsonl":"00"}""", JsonSerializer.Serialize(read));
        Assert.Throws<JsonException>(() =>
            JsonSerializer.Deserialize<Dictionary<RelativeName, string>>("""{"../a": "00"}""")
        );
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<RelativeName>("\"/a\""));
    }

    [Fact]
    public void A_folder_of_plain_files_is_accepted()
    {
        Directory.CreateDirectory(Path.Combine(Inside, "base"));
        File.WriteAllText(Path.Combine(Inside, "base", "a.jsonl"), "{}");

        PlainFolder.Require(Inside);
        PlainFolder.Require(Path.Combine(folder, "not-there-yet"));
    }

    [Theory]
    [InlineData("link")]
    [InlineData("link-to-folder")]
    [InlineData("link-to-nowhere")]
    [InlineData("link-to-itself")]
    [InlineData("hard-link")]
    [InlineData("fifo")]
    public void A_folder_with_anything_that_is_no_plain_file_is_refused_at_once(string kind)
    {
        string place = Path.Combine(Inside, "base", "planted");
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        Plant(kind, place);

        Assert.Contains("planted is", Assert.Throws<InputException>(() => PlainFolder.Require(Inside)).Message);
        Assert.Equal("precious", File.ReadAllText(Outside));
    }

    [Theory]
    [InlineData("fifo")]
    [InlineData("device")]
    [InlineData("link-to-itself")]
    [InlineData("link-to-nowhere")]
    [InlineData("folder")]
    public void A_file_that_is_none_is_refused_without_waiting(string kind)
    {
        string place = Path.Combine(Inside, "study.json");
        Plant(kind, place);

        Assert.Throws<InputException>(() => BoundedFile.ReadText(place));
        Assert.Throws<InputException>(() => BoundedFile.ReadBytes(place, 100));
        Assert.Throws<InputException>(() => BoundedFile.ReadLines(place).First());
    }

    [Theory]
    [InlineData("tokenizer_config.json", "folder")]
    [InlineData("tokenizer_config.json", "link-to-nowhere")]
    [InlineData("chat_template.jinja", "fifo")]
    [InlineData("chat_template.jinja", "folder")]
    [InlineData("chat_template.jinja", "link-to-nowhere")]
    public void An_optional_file_of_a_model_is_not_ignored_where_something_else_has_its_name(string name, string kind)
    {
        Plant(kind, Path.Combine(Inside, name));

        Assert.Throws<InputException>(() => Templates.ChatTemplate.TryLoad(Inside));
    }

    [Fact]
    public void A_file_is_read_up_to_its_limit_and_refused_beyond()
    {
        File.WriteAllText(Outside, "12345");

        Assert.Equal("12345", BoundedFile.ReadText(Outside, 5));
        Assert.Contains("5 bytes", Assert.Throws<InputException>(() => BoundedFile.ReadText(Outside, 4)).Message);
    }

    [Fact]
    public void A_file_that_grows_while_it_is_read_is_refused_at_its_limit()
    {
        using FileStream growing = new(Outside, FileMode.Create, FileAccess.Write, FileShare.Read);
        growing.Write(new byte[100]);
        growing.Flush();
        using Stream read = BoundedFile.Open(Outside, 100);

        growing.Write(new byte[1]);
        growing.Flush();

        Assert.Throws<InputException>(() => read.ReadAtLeast(new byte[200], 101));
    }

    [Theory]
    [InlineData("link")]
    [InlineData("link-to-nowhere")]
    [InlineData("hard-link")]
    public void Writing_replaces_a_planted_link_and_not_its_target(string kind)
    {
        string place = Path.Combine(Inside, "report.html");
        Plant(kind, place);

        AtomicFile.WriteText(place, "report");

        Assert.Equal(("report", "precious"), (File.ReadAllText(place), File.ReadAllText(Outside)));
        Assert.Equal(EntryKind.File, FileEntry.OfLink(place).Kind);
        Assert.Equal([place], Directory.EnumerateFileSystemEntries(Inside));
    }

    [Theory]
    [InlineData("fifo")]
    [InlineData("device")]
    [InlineData("folder")]
    public void A_file_is_not_written_in_the_place_of_something_else(string kind)
    {
        string place = Path.Combine(Inside, "report.html");
        Plant(kind, place);

        Assert.Throws<InputException>(() => AtomicFile.WriteText(place, "report"));
    }

    [Theory]
    [InlineData("link")]
    [InlineData("hard-link")]
    [InlineData("fifo")]
    public void A_growing_file_is_not_opened_where_something_is_planted(string kind)
    {
        string place = Path.Combine(Inside, "run.log");
        Plant(kind, place);

        Assert.Throws<InputException>(() => GrowingFile.Open(place));
        Assert.Equal("precious", File.ReadAllText(Outside));
    }

    [Fact]
    public void Only_files_that_are_named_are_removed_and_a_folder_goes_when_it_is_empty()
    {
        Plant("link", Path.Combine(Inside, "a.jsonl"));
        File.WriteAllText(Path.Combine(Inside, "b.jsonl"), "ours");
        File.WriteAllText(Path.Combine(Inside, "notes.txt"), "mine");

        PlainFolder.Remove(Inside, "a.jsonl", "b.jsonl", "c.jsonl");

        Assert.False(PlainFolder.RemoveIfEmpty(Inside));
        Assert.Equal(
            ["a.jsonl", "notes.txt"],
            Directory.EnumerateFileSystemEntries(Inside).Select(f => Path.GetFileName(f)).Order()
        );
        Assert.Throws<InputException>(() => PlainFolder.Remove(Inside, "../outside.txt"));
        PlainFolder.Remove(Inside, "notes.txt");
        File.Delete(Path.Combine(Inside, "a.jsonl"));
        Assert.True(PlainFolder.RemoveIfEmpty(Inside));
    }

    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("题🙂é", "题🙂é")]
    [InlineData("\u001b[31mred", "\\u001b[31mred")]
    [InlineData("a\rfulcrum: well", "a\\u000dfulcrum: well")]
    [InlineData("\u009b1m", "\\u009b1m")]
    [InlineData("a\u202eb\u2066c", "a\\u202eb\\u2066c")]
    [InlineData("two\nlines\u2028three", "two lines\\u2028three")]
    public void What_would_act_on_a_terminal_is_shown_instead(string text, string shown)
    {
        Assert.Equal(shown, Printable.Line(text));
        Assert.Equal(shown, new InputException(text).Message);
    }

    [Fact]
    public void Half_a_character_is_shown_in_a_message_and_refused_in_a_name()
    {
        Assert.Equal("half \\ud83d", Printable.Line("half \ud83d"));
        Assert.Null(RelativeName.TryParse("\ud800"));
    }

    [Fact]
    public void A_long_message_keeps_its_beginning_and_its_end()
    {
        string message = new FulcrumException($"begin {new string('x', 700_000)} end").Message;

        Assert.True(message.Length <= 560);
        Assert.StartsWith("begin", message);
        Assert.EndsWith("end", message);
    }

    private void Plant(string kind, string place)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links, pipes and devices are those of Unix");
        switch (kind)
        {
            case "link":
                File.CreateSymbolicLink(place, Outside);
                break;
            case "link-to-folder":
                Directory.CreateSymbolicLink(place, folder);
                break;
            case "link-to-nowhere":
                File.CreateSymbolicLink(place, Path.Combine(folder, "nowhere"));
                break;
            case "link-to-itself":
                File.CreateSymbolicLink(place, place);
                break;
            case "device":
                File.CreateSymbolicLink(place, "/dev/zero");
                break;
            case "hard-link":
                Process.Start("ln", [Outside, place]).WaitForExit();
                break;
            case "fifo":
                Process.Start("mkfifo", [place]).WaitForExit();
                break;
            default:
                Directory.CreateDirectory(place);
                File.WriteAllText(Path.Combine(place, "inside"), "mine");
                break;
        }
    }
}
