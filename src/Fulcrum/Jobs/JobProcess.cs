using System.Diagnostics;
using System.Runtime.InteropServices;
using Fulcrum.Runs;

namespace Fulcrum.Jobs;

/// <summary>A process that does one stage after another, as its standard input names them.</summary>
internal sealed class JobProcess : IDisposable
{
    private const int Terminate = 15;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private readonly Process process;

    /// <summary>Starts the process.</summary>
    /// <param name="start">Its streams are redirected here.</param>
    public JobProcess(ProcessStartInfo start)
    {
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.UseShellExecute) = (true, true, false);
        process = Process.Start(start)!;
    }

    /// <summary>Whether it can do another stage.</summary>
    public bool IsUsable { get; private set; } = true;

    /// <summary>Has a stage done.</summary>
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
            // The process has ended, and the code below says so.
        }

        IsUsable = false;
        process.WaitForExit();
        cancellation.ThrowIfCancellationRequested();
        return new FulcrumException($"the process that worked at it ended with exit code {process.ExitCode}");
    }

    /// <summary>Asks the process to save and to end.</summary>
    public void Interrupt()
    {
        if (!process.HasExited)
        {
            _ = OperatingSystem.IsWindows() ? 0 : Signal(process.Id, Terminate);
        }
    }

    // A process that could not open the study has ended, and its output says why.
    private void Name(StageNode node)
    {
        try
        {
            process.StandardInput.WriteLine(node.Name);
            process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // The output is read next.
        }
    }

    /// <summary>Lets the process end after its stage.</summary>
    public void Close()
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Close();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
        }

        process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int process, int signal);
}
