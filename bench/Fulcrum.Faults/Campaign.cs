using System.Text.Json.Nodes;
using Fulcrum.Data;
using Fulcrum.Runs;
using Fulcrum.Tests;

namespace Fulcrum.Faults;

/// <summary>The faults, each against runs of the same study.</summary>
internal sealed class Campaign(string tool, string folder, Random random)
{
    private static readonly string[] Compared =
    [
        "comparison.json",
        "candidates/tuned/adapter/adapter_model.safetensors",
        "candidates/tuned/adapter/adapter_config.json",
        "base/spider.jsonl",
        "base/mmlu.jsonl",
        "candidates/tuned/spider.jsonl",
        "candidates/tuned/mmlu.jsonl",
        "candidates/tuned-lambda-0.5/mmlu.jsonl",
        "results.csv",
        "report.tex", // report.html and report.md say how long the stages took
    ];

    private readonly Dictionary<string, byte[]> expected = [];
    private string study = "";
    private double seconds;

    /// <summary>The run that nothing happens to, twice: it must be repeatable before anything else can be asked of
    /// it.</summary>
    public bool Undisturbed()
    {
        Directory.CreateDirectory(folder);
        study = TinyStudy.Write(Path.Combine(folder, "study"));
        for (int i = 0; i < 2; i++)
        {
            Ending ending = Run("undisturbed" + i);
            seconds = ending.Seconds;
            if (ending.Code != 0)
            {
                return Say(false, $"the undisturbed run failed: {ending.LastLine}");
            }

            foreach (string file in Compared.Where(_ => i == 0))
            {
                expected[file] = File.ReadAllBytes(At("undisturbed0", file));
            }
        }

        return Say(Same("undisturbed1"), $"undisturbed: {seconds:F1} s, {Compared.Length} files compared");
    }

    /// <summary>A second process is refused.</summary>
    public bool TwoProcesses()
    {
        using System.Diagnostics.Process first = Tool.Start(tool, Arguments("two"));
        first.ErrorDataReceived += static (_, _) => { };
        first.BeginErrorReadLine();
        SpinWait.SpinUntil(() => File.Exists(At("two", "run.lock")), TimeSpan.FromSeconds(30));
        Ending second = Run("two");
        first.WaitForExit();
        return Say(
            second is { Code: 2, IsSentence: true } && first.ExitCode == 0 && Same("two"),
            $"two processes on one folder: the second ended with {second.Code}: {second.LastLine}"
        );
    }

    /// <summary>Every stage in a process of its own, which finds all that came before as files.</summary>
    public bool Stages()
    {
        foreach (string stage in EnumNames.All<Stage>())
        {
            Ending ending = Tool.Run(tool, [.. Arguments("stages"), "--until", stage]);
            if (ending.Code != 0)
            {
                return Say(
                    false,
                    $"the stage {stage} in a process of its own: exit code {ending.Code}: {ending.Error}"
                );
            }
        }

        return Say(
            Same("stages"),
            $"every stage in a process of its own: {EnumNames.All<Stage>().Count} processes, the same bytes"
        );
    }

    /// <summary>A clock that jumps: what was written before the jump seems to come from the future, or from long
    /// ago.</summary>
    public bool Clock(int count)
    {
        for (int i = 0; i < count; i++)
        {
            string name = $"clock{i}";
            Run(name, 0.8 + random.NextDouble() * seconds);
            DateTime jumped = new(i % 2 == 0 ? 1981 : 2099, 1, 1, 0, 0, 0, DateTimeKind.Utc);
            foreach (
                string file in Directory
                    .EnumerateFiles(At(name, ""), "*", SearchOption.AllDirectories)
                    .Concat(Directory.EnumerateFiles(Path.GetDirectoryName(study)!, "*", SearchOption.AllDirectories))
            )
            {
                File.SetLastWriteTimeUtc(file, jumped);
            }

            Ending ending = Run(name);
            if (ending.Code != 0 || !Same(name))
            {
                return Say(
                    false,
                    $"{name}: after a jump to {jumped.Year} the run ended with {ending.Code}: {ending.Error}"
                );
            }

            Remove(name);
        }

        return Say(true, $"{count} clocks that jumped by decades between a kill and the next start: the same bytes");
    }

    /// <summary>A file of the run goes away while the run is at work: the same bytes, or one sentence and then the same
    /// bytes.</summary>
    public bool Deletions(int count)
    {
        int sentences = 0,
            deleted = 0;
        for (int i = 0; i < count; i++)
        {
            string name = $"deleted{i}",
                gone = "nothing";
            Ending ending = Tool.Run(
                tool,
                Arguments(name),
                0.8 + random.NextDouble() * seconds,
                () => gone = DeleteOne(At(name, ""))
            );
            deleted += gone == "nothing" ? 0 : 1;
            sentences += ending.IsSentence ? 1 : 0;
            Console.WriteLine($"  {gone}: {(ending.Code == 0 ? "went on" : ending.LastLine)}");
            Ending after = Run(name);
            if (!(ending.Code == 0 || ending.IsSentence) || after.Code != 0 || !Same(name))
            {
                return Say(
                    false,
                    $"{name}: {gone} was deleted, exit code {ending.Code}: {ending.Error}; then {after.Code}: {after.Error}"
                );
            }

            Remove(name);
        }

        return Say(
            true,
            $"{deleted} files deleted under a run at work: {sentences} runs stopped with a sentence, all ended with the same bytes, at the latest at the next start"
        );
    }

    /// <summary>SIGINT and SIGTERM at random moments: exit code 130, and the run goes on to the same bytes.</summary>
    public bool Signals(int count)
    {
        Dictionary<int, int> codes = [];
        int sent = 0;
        while (sent < count)
        {
            string name = $"signals{sent}";
            Ending ending;
            do
            {
                int signal = random.Next(2) == 0 ? Tool.Interrupt : Tool.Terminate;
                ending = Run(name, 0.8 + random.NextDouble() * seconds, signal);
                codes[ending.Code] = codes.GetValueOrDefault(ending.Code) + 1;
                sent += ending.Code == 0 ? 0 : 1;
            } while (ending.Code is 130);

            // Before the program listens, the system's own end by the signal is what happens.
            if (
                !(ending.Code is 0 or 128 + Tool.Terminate or 128 + Tool.Interrupt)
                || Run(name).Code != 0
                || !Same(name)
            )
            {
                return Say(false, $"after a signal: exit code {ending.Code}: {ending.LastLine}");
            }

            Remove(name);
        }

        return Say(
            true,
            $"{sent} signals; exit codes {string.Join(", ", codes.OrderBy(c => c.Key).Select(c => $"{c.Key} {c.Value} times"))}"
        );
    }

    /// <summary>kill -9 of the whole process group at random moments, again and again on one folder until the run is
    /// through.</summary>
    public bool Kills(int count)
    {
        SortedDictionary<string, int> stages = new(StringComparer.Ordinal);
        int killed = 0,
            runs = 0;
        while (killed < count)
        {
            string name = $"kills{runs++}";
            Ending ending;
            int starts = 0;
            do
            {
                // Later starts of a run have less left to do, so that the kills spread over all stages; now and then
                // one must get through.
                ending = Run(name, 0.3 + random.NextDouble() * seconds * (starts++ % 6 == 5 ? 2 : 0.8));
                if (ending.Code == 128 + Tool.Kill)
                {
                    killed++;
                    string stage = StageOf(name);
                    stages[stage] = stages.GetValueOrDefault(stage) + 1;
                }
                else if (ending.Code != 0)
                {
                    return Say(
                        false,
                        $"{name}: after {starts - 1} kills the run ended with {ending.Code}: {ending.Error}"
                    );
                }
            } while (ending.Code != 0);

            if (!Same(name))
            {
                return Say(false, $"{name}: after {starts - 1} kills");
            }

            Console.WriteLine(
                $"  {killed} kills, {runs} runs through, {string.Join(", ", stages.Select(s => $"{s.Key} {s.Value}"))}"
            );
            Remove(name);
        }

        return Say(
            true,
            $"{killed} kills over {runs} runs, all ended with the undisturbed run's bytes; killed in {string.Join(", ", stages.Select(s => $"{s.Key} {s.Value}"))}"
        );
    }

    /// <summary>A run is cut off, one of its files is damaged, and it goes on: the same bytes, or one
    /// sentence.</summary>
    public bool Damages(int count)
    {
        SortedDictionary<string, int> what = new(StringComparer.Ordinal);
        int sentences = 0;
        for (int i = 0; i < count; i++)
        {
            string name = $"damages{i}";
            Run(name, 0.8 + random.NextDouble() * seconds * 1.2);
            string done = Damage(Path.Combine(folder, name));
            Ending ending = Run(name);
            what[done.Split(' ')[0]] = what.GetValueOrDefault(done.Split(' ')[0]) + 1;
            if (ending.IsSentence)
            {
                sentences++;
                Console.WriteLine($"  {done}: {ending.LastLine}");
            }
            else if (ending.Code != 0 || !Same(name))
            {
                return Say(false, $"{name}: {done}, then exit code {ending.Code}: {ending.Error}");
            }

            Remove(name);
        }

        return Say(
            true,
            $"{count} damaged files ({string.Join(", ", what.Select(w => $"{w.Key} {w.Value}"))}): {count - sentences} runs ended with the undisturbed run's bytes, {sentences} with a sentence"
        );
    }

    /// <summary>A disk that is too small: one sentence; then it is made larger, and the same command ends with the same
    /// bytes.</summary>
    public bool DiskFull()
    {
        string disk = Path.Combine(folder, "disk");
        Directory.CreateDirectory(disk);
        long whole = Directory
            .EnumerateFiles(Path.Combine(folder, "undisturbed0"), "*", SearchOption.AllDirectories)
            .Sum(f => (new FileInfo(f).Length + 4095) / 4096 * 4096);
        int stopped = 0,
            tried = 0;
        for (long size = 16 << 10; size < whole; size += Math.Max(16 << 10, whole / 24))
        {
            if (Command("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", disk) != 0)
            {
                Console.WriteLine("a disk that is full: not tried, because a tmpfs cannot be mounted here");
                return true;
            }

            try
            {
                Ending full = Run("disk/run");
                tried++;
                stopped += full.Code == 0 ? 0 : 1;
                Command("mount", "-o", "remount,size=1G", disk);
                Ending after = Run("disk/run");
                if (!(full.Code == 0 || full.IsSentence) || after.Code != 0 || !Same("disk/run"))
                {
                    return Say(
                        false,
                        $"a disk of {size} bytes: exit code {full.Code}: {full.Error}; with space again {after.Code}: {after.Error}"
                    );
                }

                Console.WriteLine($"  {size} bytes: {(full.Code == 0 ? "enough" : full.LastLine)}");
            }
            finally
            {
                Command("umount", disk);
            }
        }

        return Say(
            true,
            $"a disk that is full: {tried} sizes below {whole} bytes, {stopped} runs stopped with a sentence, all ended with the same bytes once there was space"
        );
    }

    /// <summary>No file may grow beyond a size (RLIMIT_FSIZE): a full disk for those who cannot mount one.</summary>
    public bool SmallFiles()
    {
        int stopped = 0,
            tried = 0;
        string name = "small";
        foreach (int kilobytes in (int[])[1, 4, 16, 48, 96, 160, 256])
        {
            // Ignored by the shell, the signal of the limit stays ignored, and writing fails as it does on a full disk.
            // The runtime's own double mapping is a file, too.
            Ending full = Tool.Run(
                "bash",
                [
                    "-c",
                    $"export DOTNET_EnableWriteXorExecute=0; trap '' XFSZ; ulimit -f {kilobytes}; exec \"$@\"",
                    "bash",
                    tool,
                    .. Arguments(name),
                ]
            );
            tried++;
            stopped += full.Code == 0 ? 0 : 1;
            Console.WriteLine($"  {kilobytes} kB a file: {(full.Code == 0 ? "enough" : full.LastLine)}");
            if (!(full.Code == 0 || full.IsSentence))
            {
                return Say(false, $"files of at most {kilobytes} kB: exit code {full.Code}: {full.Error}");
            }
        }

        Ending after = Run(name);
        return Say(
            after.Code == 0 && Same(name),
            $"files that cannot grow: {tried} limits, {stopped} starts stopped with a sentence, the last start, without a limit, ended with {after.Code} and the same bytes"
        );
    }

    private string DeleteOne(string run)
    {
        string[] files = Directory.Exists(run)
            ?
            [
                .. Directory
                    .EnumerateFiles(run, "*", SearchOption.AllDirectories)
                    .Where(f => Path.GetFileName(f) != "run.lock")
                    .Order(StringComparer.Ordinal),
            ]
            : [];
        string? file = files.Length == 0 ? null : files[random.Next(files.Length)];
        if (file is not null)
        {
            File.Delete(file);
        }

        return file is null ? "nothing" : Path.GetRelativePath(run, file);
    }

    private string Damage(string run)
    {
        string[] files =
        [
            .. Directory
                .EnumerateFiles(run, "*", SearchOption.AllDirectories)
                .Where(f => Path.GetFileName(f) is not ("run.lock" or "heartbeat.json"))
                .Order(StringComparer.Ordinal),
        ];
        if (files.Length == 0)
        {
            return "nothing yet";
        }

        string file = files[random.Next(files.Length)],
            named = Path.GetRelativePath(run, file);
        byte[] bytes = File.ReadAllBytes(file);
        switch (random.Next(4))
        {
            case 0:
                File.Delete(file);
                return $"deleted {named}";
            case 1 when bytes.Length > 0:
                File.WriteAllBytes(file, bytes[..random.Next(bytes.Length)]);
                return $"truncated {named}";
            case 2 when bytes.Length > 0:
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                File.WriteAllBytes(file, bytes);
                return $"flipped {named}";
            default:
                Array.Clear(bytes, bytes.Length / 2, bytes.Length - bytes.Length / 2);
                File.WriteAllBytes(file, bytes);
                return $"zeroed {named}";
        }
    }

    private string StageOf(string name)
    {
        string heartbeat = At(name, "heartbeat.json");
        return File.Exists(heartbeat) ? (string?)JsonNode.Parse(File.ReadAllText(heartbeat))?["stage"] ?? "?" : "start";
    }

    private bool Same(string name)
    {
        string[] different =
        [
            .. Compared.Where(f =>
                !File.Exists(At(name, f)) || !File.ReadAllBytes(At(name, f)).AsSpan().SequenceEqual(expected[f])
            ),
        ];
        return different.Length == 0
            || Say(false, $"{name}: {string.Join(", ", different)} differ from the undisturbed run's");
    }

    private Ending Run(string name, double? after = null, int signal = Tool.Kill) =>
        Tool.Run(tool, Arguments(name), after, signal);

    private string[] Arguments(string name) => ["run", study, "--output", Path.Combine(folder, name)];

    private string At(string name, string file) => Path.Combine(folder, name, file);

    private void Remove(string name) => Directory.Delete(Path.Combine(folder, name), recursive: true);

    private static int Command(string program, params string[] arguments)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardError = true }
        )!;
        process.WaitForExit();
        return process.ExitCode;
    }

    private static bool Say(bool fine, string what)
    {
        Console.WriteLine($"{(fine ? "" : "DIFFERS: ")}{what}");
        return fine;
    }
}
