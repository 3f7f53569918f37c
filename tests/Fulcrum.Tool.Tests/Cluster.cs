using System.Diagnostics;
using Xunit;

namespace Fulcrum.Tool.Tests;

/// <summary>A Slurm cluster of three nodes on this machine, started by the first test that needs it.</summary>
public sealed class Cluster : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fulcrum-cluster-").FullName;
    private bool started;

    /// <summary>Starts what of the cluster does not run; skips the calling test where there can be none.</summary>
    public void StartOrSkip()
    {
        bool root = OperatingSystem.IsLinux() && Environment.UserName == "root";
        Assert.SkipUnless(root && File.Exists("/usr/sbin/slurmctld"), "Slurm's packages and root are needed");
        string trial = File.Exists("/usr/bin/unshare")
            ? Exec("unshare", ["--pid", "--mount", "--fork", "true"]).Error
            : "no unshare";
        Assert.SkipUnless(trial.Length == 0, $"namespaces cannot be made here: {trial}");
        Environment.SetEnvironmentVariable("SLURM_CONF", Path.Combine(folder, "cluster", "slurm.conf"));
        // The daemon that signs credentials wants a folder that everybody may enter.
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_001_001);
        }

        started = true;
        Do("start");
    }

    /// <summary>Calls <c>bench/slurm-trial/cluster</c>.</summary>
    public void Do(params string[] verb)
    {
        (int exit, string output, string error) = Exec(
            Path.Combine(SharedData.Project, "bench", "slurm-trial", "cluster"),
            verb,
            ("CLUSTER_DIR", Path.Combine(folder, "cluster"))
        );
        Assert.True(exit == 0, $"cluster {string.Join(' ', verb)}: {exit}\n{output}\n{error}");
    }

    public void Dispose()
    {
        if (started)
        {
            Do("stop");
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Runs a program to its end.</summary>
    public static (int Exit, string Output, string Error) Exec(
        string program,
        string[] arguments,
        params (string Name, string Value)[] variables
    )
    {
        // Daemons inherit the streams, so the output goes to files: a pipe would stay open.
        string text = Path.GetTempFileName(),
            errors = Path.GetTempFileName();
        ProcessStartInfo start = new(
            "/bin/sh",
            [
                "-c",
                "o=$1 e=$2; shift 2; exec \"$@\" >\"$o\" 2>\"$e\" </dev/null",
                "sh",
                text,
                errors,
                program,
                .. arguments,
            ]
        );
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.WaitForExit();
        (string, string) said = (File.ReadAllText(text), File.ReadAllText(errors));
        File.Delete(text);
        File.Delete(errors);
        return (process.ExitCode, said.Item1, said.Item2);
    }
}
