using System.Diagnostics;
using System.Text.Json.Nodes;
using Fulcrum.Runs;
using Fulcrum.Tests;

namespace Fulcrum.Faults;

/// <summary>A study of three candidates that is killed in each of its stages, one kill a stage, on one folder.</summary>
internal sealed class StageKills(string tool, string folder, Random random)
{
    // In the order in which one process does them.
    private static readonly string[] Stages =
    [
        "prepare",
        "base",
        "candidates/tuned/obtain",
        "candidates/tuned/measure",
        "candidates/second/obtain",
        "candidates/second/measure",
        "candidates/other/measure",
        "compare",
        "report",
    ];

    private static readonly string[] Compared =
    [
        "comparison.json",
        "results.csv",
        "report.tex",
        "base/spider.jsonl",
        "base/mmlu.jsonl",
        .. from name in new[] { "tuned", "second", "other" }
        from task in new[] { "spider", "mmlu" }
        select $"candidates/{name}/{task}.jsonl",
        .. from name in new[] { "tuned", "second" }
        from file in new[] { "adapter_model.safetensors", "adapter_config.json" }
        select $"candidates/{name}/adapter/{file}",
    ];

    /// <summary>Kills a run in every stage, finishes it, and compares its files with those of an undisturbed
    /// run.</summary>
    /// <param name="count">The number of runs, each killed in every stage at another moment.</param>
    public bool Run(int count)
    {
        string study = Write();
        Ending undisturbed = Tool.Run(tool, Arguments(study, "whole"));
        if (undisturbed.Code != 0)
        {
            return Say(false, $"the undisturbed run of three candidates failed: {undisturbed.LastLine}");
        }

        int inside = 0;
        for (int i = 0; i < count; i++)
        {
            string name = $"stages{i}";
            inside += Stages.Count(stage => KilledInside(study, name, stage));
            Ending last = Tool.Run(tool, Arguments(study, name));
            string[] different = [.. Compared.Where(f => !Bytes(name, f).AsSpan().SequenceEqual(Bytes("whole", f)))];
            if (last.Code != 0 || different.Length > 0)
            {
                return Say(false, $"{name} ended with {last.Code}; different: {string.Join(", ", different)}");
            }
        }

        return Say(
            true,
            $"three candidates, killed in each of {Stages.Length} stages, {count} times: {inside} of "
                + $"{count * Stages.Length} kills came before the stage was complete; the same bytes in "
                + $"{Compared.Length} files"
        );
    }

    // Kills the run as soon as the stage before is complete, or a little later.
    private bool KilledInside(string study, string name, string stage)
    {
        RunLayout run = new(Path.Combine(folder, name));
        int place = Array.IndexOf(Stages, stage);
        string begun = place == 0 ? run.At("run.lock") : run.ManifestPath(Stages[place - 1]);
        bool earlier = place == 0 || File.Exists(begun); // then the process needs about a second until the stage begins
        using Process process = Tool.Start(tool, Arguments(study, name));
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        long start = Stopwatch.GetTimestamp();
        bool seen = SpinWait.SpinUntil(() => process.HasExited || File.Exists(begun), TimeSpan.FromMinutes(2));
        if (seen && !process.HasExited)
        {
            Thread.Sleep(random.Next(earlier ? 1500 : 60));
            Tool.KillGroup(process);
        }

        process.WaitForExit();
        bool inside = !File.Exists(run.ManifestPath(stage));
        Console.WriteLine($"  {name} {stage}: {(inside ? "inside" : "after it")}, {Stopwatch.GetElapsedTime(start)}");
        return inside;
    }

    private string Write()
    {
        string path = TinyStudy.Write(Path.Combine(folder, "three")),
            home = Path.GetDirectoryName(path)!;
        TinyStudy.WriteModel(Path.Combine(home, "other"), seed: 2);
        JsonNode study = JsonNode.Parse(File.ReadAllText(path))!;
        JsonObject candidates = study["candidates"]!.AsObject();
        JsonObject second = candidates["tuned"]!.DeepClone().AsObject();
        second["train"]!["rank"] = 4;
        candidates["second"] = second;
        candidates["other"] = new JsonObject { ["model"] = "other" };
        study.AsObject().Remove("derive");
        File.WriteAllText(path, study.ToJsonString());
        return path;
    }

    private byte[] Bytes(string name, string file) =>
        File.Exists(Path.Combine(folder, name, file)) ? File.ReadAllBytes(Path.Combine(folder, name, file)) : [];

    private string[] Arguments(string study, string name) => ["run", study, "--output", Path.Combine(folder, name)];

    private static bool Say(bool fine, string what)
    {
        Console.WriteLine($"{(fine ? "" : "DIFFERS: ")}{what}");
        return fine;
    }
}
