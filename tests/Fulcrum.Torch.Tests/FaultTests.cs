using System.Diagnostics;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Report;
using Fulcrum.Runs;
using Fulcrum.Studies;
using Fulcrum.Tasks.Spider.Sql;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>The quick part of the faults; bench/Fulcrum.Faults kills and damages whole programs
/// (docs/reliability.md).</summary>
public sealed class FaultTests(FaultTests.Undisturbed undisturbed) : IClassFixture<FaultTests.Undisturbed>, IDisposable
{
    // Beside the undisturbed run: a run folder knows its study's files from where it lies.
    private string RunFolder { get; } = undisturbed.RunFolder + "-disturbed";

    public void Dispose()
    {
        if (Directory.Exists(RunFolder))
        {
            Directory.Delete(RunFolder, recursive: true);
        }
    }

    /// <summary>A tiny study and its whole run, made once.</summary>
    public sealed class Undisturbed : IDisposable
    {
        private readonly string folder = Directory.CreateTempSubdirectory().FullName;

        public Undisturbed()
        {
            Study = TinyStudy.Write(folder, itemsPerSubject: 4);
            Run(Study, RunFolder, null);
        }

        public string Study { get; }

        public string RunFolder => Path.Combine(folder, "run");

        public byte[] Comparison => File.ReadAllBytes(Path.Combine(RunFolder, "comparison.json"));

        public void CopyTo(string to)
        {
            foreach (string file in Directory.EnumerateFiles(RunFolder, "*", SearchOption.AllDirectories))
            {
                string copy = Path.Combine(to, Path.GetRelativePath(RunFolder, file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }

        public void Dispose() => Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("model/generation_config.json", "model")]
    [InlineData("spider/database/zoo/zoo.sqlite", "data")]
    public void A_model_or_data_that_change_under_a_run_stop_it(string file, string which)
    {
        string folder = Directory.CreateTempSubdirectory().FullName,
            study = TinyStudy.Write(folder, itemsPerSubject: 4);

        InputException stopped = Assert.Throws<InputException>(() =>
            Run(
                study,
                RunFolder,
                p =>
                {
                    if (p is RunEvent.Progressed { Stage: "candidates/tuned/obtain", Done: 1 })
                    {
                        File.AppendAllText(Path.Combine(folder, file), " ");
                    }
                }
            )
        );

        Assert.Contains(which, stopped.Message);
        Assert.Contains("changed while the run was under way", stopped.Message);
        Assert.False(File.Exists(Path.Combine(RunFolder, "candidates", "tuned", "obtain.manifest.json")));
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("guards/prepare.json", "")]
    [InlineData("base/noise.json", "")]
    [InlineData("guards/base.json", "[]")]
    [InlineData("base.manifest.json", "")]
    public void A_lost_file_of_an_earlier_stage_stops_the_run(string file, string content)
    {
        FulcrumException stopped = Assert.Throws<FulcrumException>(() =>
            Run(
                undisturbed.Study,
                RunFolder,
                p =>
                {
                    if (p is RunEvent.Progressed { Stage: "candidates/tuned/obtain", Done: 1 })
                    {
                        File.Delete(Path.Combine(RunFolder, file));
                        File.AppendAllText(Path.Combine(RunFolder, content == "" ? "other" : file), content);
                    }
                }
            )
        );

        Assert.Contains(file, stopped.Message);
        Assert.False(File.Exists(Path.Combine(RunFolder, "comparison.json")));
        Run(undisturbed.Study, RunFolder, null);
        Assert.Equal(undisturbed.Comparison, File.ReadAllBytes(Path.Combine(RunFolder, "comparison.json")));
    }

    [Fact]
    public void A_damaged_checkpoint_is_passed_over_for_the_one_before()
    {
        undisturbed.CopyTo(RunFolder);
        string tuned = Path.Combine(RunFolder, "candidates", "tuned"),
            adapter = Path.Combine(tuned, "adapter", "adapter_model.safetensors"),
            whole = Sha256.OfFile(adapter);
        File.Delete(Path.Combine(tuned, "obtain.manifest.json"));
        File.Delete(adapter);
        string newest = Path.Combine(tuned, "adapter", "checkpoint-12", "optimizer.safetensors");
        byte[] bytes = File.ReadAllBytes(newest);
        bytes[^5] ^= 1;
        File.WriteAllBytes(newest, bytes);
        List<int> steps = [];

        Run(
            undisturbed.Study,
            RunFolder,
            p => steps.AddRange(p is RunEvent.Progressed { Unit: ProgressUnit.Steps } at ? [at.Done] : [])
        );

        Assert.Equal([11, 12], steps);
        Assert.Equal(whole, Sha256.OfFile(adapter));
    }

    [Fact]
    public async Task Run_interrupted_before_its_report_resumes_without_a_model()
    {
        undisturbed.CopyTo(RunFolder);
        File.Delete(Path.Combine(RunFolder, "report.manifest.json"));
        File.Delete(Path.Combine(RunFolder, "report.html"));

        using Process tool = Process.Start(
            new ProcessStartInfo(SqlWorker.Program()!.File, ["run", undisturbed.Study, "--output", RunFolder])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            }
        )!;
        Task<string> output = tool.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = await tool.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await tool.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(tool.ExitCode == 0, error);
        Assert.Contains("report.html", await output);
        Assert.Contains("\"threads\"", File.ReadAllText(Path.Combine(RunFolder, "report.manifest.json")));
        Assert.EndsWith("run complete", File.ReadAllLines(Path.Combine(RunFolder, "run.log"))[^1]);
    }

    [Fact]
    public void Temporary_files_of_a_killed_process_are_removed()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        string left = Path.Combine(folder, "comparison.json.0123456789abcdef.unfinished");
        string[] others =
        [
            Path.Combine(folder, "notes.tmp"),
            Path.Combine(folder, "comparison.json.123.tmp"),
            Path.Combine(folder, "mine.unfinished"),
        ];
        File.WriteAllText(left, "half");
        Array.ForEach(others, o => File.WriteAllText(o, "mine"));

        File.WriteAllText(Path.Combine(folder, "run.lock"), "");
        RunLock.Open(folder).Dispose();

        Assert.False(File.Exists(left));
        Assert.All(others, o => Assert.True(File.Exists(o)));
        Directory.Delete(folder, recursive: true);
    }

    private static void Run(string study, string folder, Action<RunEvent>? report)
    {
        using RunLock run = RunLock.Open(folder);
        TorchEngine engine = new();
        new Experiment(
            StudyFile.Load(study),
            run,
            new Engines([engine], engine),
            s => StudyCorpus.Open(s, (semantics, limits) => new SqlGrader(EnumNames.Of(semantics), limits).Grade),
            new ExperimentSettings(report, WriteReport: (layout, words) => ReportFiles.Write(layout.Root, words))
        ).Run();
    }
}
