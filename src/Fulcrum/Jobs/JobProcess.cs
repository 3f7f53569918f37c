using System.Diagnostics;
using Fulcrum.Files;
using Fulcrum.Runs;

namespace Fulcrum.Jobs;

/// <summary>A process that does stages of a study, one after another. Its standard input gives it their
/// names.</summary>
internal sealed class JobProcess : IDisposable
{
    // A process without work has nothing to save.
    private static readonly TimeSpan TimeToEnd = TimeSpan.FromSeconds(30);
    private readonly Process process;

    /// <summary>Starts the process.</summary>
    /// <param name="start">How to start it. This constructor redirects its streams.</param>
    public JobProcess(ProcessStartInfo start)
    {
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.UseShellExecute) = (true, true, false);
        process = Process.Start(start)!;
    }

    /// <summary>Whether it can do another stage.</summary>
    public bool IsUsable { get; private set; } = true;

    /// <summary>Has the process do a stage, and waits for its end.</summary>
    /// <returns>Null if the stage is complete.</returns>
    public FulcrumException? Do(StageNode node, Action<RunEvent> report, CancellationToken cancellation)
    {
        try
        {
            Name(node);
            while (process.StandardOutput.ReadLine() is { } text)
            {
                JobLine? line = JobLine.Parse(text);
                if (line is { Kind: JobLineKind.Ready })
                {
                    return null;
                }

                if (line is { Kind: JobLineKind.Failed })
                {
                    return line.Failure();
                }

                if (line?.Event() is { } happened)
                {
                    report(happened);
                }
            }
        }
        catch (IOException)
        {
            // The process has ended. The code below reports it.
        }

        IsUsable = false;
        process.WaitForExit();
        cancellation.ThrowIfCancellationRequested();
        return new FulcrumException($"the process that worked on it ended with exit code {process.ExitCode}");
    }

    /// <summary>Asks the process to save and to end.</summary>
    public void Interrupt()
    {
        if (!process.HasExited)
        {
            _ = OperatingSystem.IsWindows() ? 0 : Libc.Terminate(process.Id);
        }
    }

    private void Name(StageNode node)
    {
        try
        {
            process.StandardInput.WriteLine(node.Name);
            process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // A process that could not open the study has ended. Its output says why and is read next.
        }
    }

    /// <summary>Ends the process without its consent, with the processes that it started.</summary>
    public void Kill()
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // The process has already ended.
        }
    }

    /// <summary>Closes the standard input of the process, so that it ends. It saves a stage at which it is.</summary>
    public void Close()
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The process has already ended.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        if (!process.WaitForExit(TimeToEnd))
        {
            Kill();
        }

        process.Dispose();
    }
}
