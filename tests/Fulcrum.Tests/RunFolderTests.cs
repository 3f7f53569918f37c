using System.Text.Json;
using System.Text.RegularExpressions;
using Fulcrum.Files;
using Fulcrum.Report;
using Fulcrum.Runs;
using Xunit;

namespace Fulcrum.Tests;

/// <summary>What a run deletes and what it tells: only files of its own, and no path of its user.</summary>
public sealed class RunFolderTests : IDisposable
{
    private const string Stage = "prepare";
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    private string Run => Path.Combine(folder, "run");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("../precious.txt")]
    [InlineData("base/../../precious.txt")]
    [InlineData("ABSOLUTE")]
    public void A_manifest_that_names_a_file_outside_completes_nothing_and_deletes_nothing(string name)
    {
        string precious = Written("precious.txt");
        Manifest(name == "ABSOLUTE" ? precious : name);
        using RunLock run = RunLock.Open(Run);

        Assert.Null(run.Layout.Completed(Stage));
        run.Reopen(Stage, ["guards/prepare.json"]);

        Assert.True(File.Exists(precious));
    }

    [Fact]
    public void A_stage_deletes_changed_files_that_it_writes_and_no_others_whatever_its_manifest_names()
    {
        string mine = Written("run/notes.txt"),
            own = Written("run/guards/prepare.json");
        Manifest("notes.txt", "guards/prepare.json");
        using RunLock run = RunLock.Open(Run);

        run.Reopen(Stage, ["guards/prepare.json"]);

        Assert.True(File.Exists(mine));
        Assert.False(File.Exists(own));
        Assert.Throws<InputException>(() => run.Reopen(Stage, ["../precious.txt"]));
    }

    [Fact]
    public void Only_leftovers_with_a_random_name_of_ours_are_removed()
    {
        string[] kept =
        [
            Written("run/draft.1234.tmp"),
            Written("run/thesis.unfinished"),
            Written("run/thesis.0123.unfinished"),
            Written("run/base/data.csv"),
            Written("run/study.json"),
        ];
        string leftover = Written("run/report.html.0123456789abcdef.unfinished");

        using RunLock run = RunLock.Open(Run);

        Assert.All(kept, f => Assert.True(File.Exists(f), f));
        Assert.False(File.Exists(leftover));
    }

    [Fact]
    public void A_folder_that_is_no_run_folder_is_refused_and_keeps_everything()
    {
        string[] kept = [Written("run/letter.txt"), Written("run/report.html.0123456789abcdef.unfinished")];

        Assert.Contains("no run folder", Assert.Throws<InputException>(() => RunLock.Open(Run)).Message);
        Assert.All(kept, f => Assert.True(File.Exists(f), f));
    }

    [Fact]
    public void No_file_of_a_run_but_its_log_holds_an_absolute_path()
    {
        ScriptedStudy study = new();
        _ = study.Run(Run);
        ReportFiles.Write(Run);

        // Behind a word it is a part of a relative path.
        Regex absolute = new($"(?<!\\w){Regex.Escape(Path.GetTempPath())}");
        string[] holders =
        [
            .. Directory
                .EnumerateFiles(Run, "*", SearchOption.AllDirectories)
                .Where(f => Path.GetExtension(f) is not (".log" or ".png"))
                .Where(f => absolute.IsMatch(File.ReadAllText(f))),
        ];

        Assert.Empty(holders);
    }

    private string Written(string name)
    {
        string path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "mine");
        return path;
    }

    private void Manifest(params string[] outputs)
    {
        _ = Written("run/run.lock");
        object manifest = new
        {
            stage = Stage,
            inputs = "0",
            outputs = outputs.ToDictionary(o => o, _ => new string('0', 64)),
            seconds = 1.0,
            environment = new Dictionary<string, string>(),
        };
        File.WriteAllText(Path.Combine(Run, $"{Stage}.manifest.json"), JsonSerializer.Serialize(manifest));
    }
}
