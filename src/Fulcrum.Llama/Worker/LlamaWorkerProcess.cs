using System.Diagnostics;
using Fulcrum.Sandbox;

namespace Fulcrum.Llama.Worker;

/// <summary>A worker process as seen from its parent: sends operations and reads replies. For one thread at a
/// time.</summary>
internal sealed class LlamaWorkerProcess : ILlamaContext
{
    // The environment variables that a worker gets. Others, such as access tokens, are withheld.
    private static readonly string[] Inherited =
    [
        "PATH",
        "HOME",
        "TMPDIR",
        "LD_LIBRARY_PATH",
        "LANG",
        "SystemRoot",
        "TEMP",
        "GOMP_SPINCOUNT",
    ];
    private static readonly string[] InheritedPrefixes = ["DOTNET_", "OMP_", "CUDA_", "NVIDIA_", "GGML_", "VK_"];
    private readonly Process process;
    private readonly BinaryWriter input;
    private readonly BinaryReader output;
    private string subject = "llama.cpp";

    private LlamaWorkerProcess(Process process)
    {
        this.process = process;
        input = new BinaryWriter(new BufferedStream(process.StandardInput.BaseStream, 1 << 16));
        output = new BinaryReader(new BufferedStream(process.StandardOutput.BaseStream, 1 << 16));
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
    }

    /// <summary>Version, backends and instruction sets of llama.cpp.</summary>
    public string Description { get; private set; } = "";

    /// <summary>Whether llama.cpp's backend can put layers on a GPU.</summary>
    public bool Accelerator { get; private set; }

    /// <summary>The process's id.</summary>
    public int Id => process.Id;

    /// <summary>Peak resident memory of the process in bytes.</summary>
    public long PeakBytes
    {
        get
        {
            process.Refresh();
            return process.PeakWorkingSet64;
        }
    }

    /// <summary>Starts a worker and waits for its greeting.</summary>
    /// <exception cref="FulcrumException">It does not start, is another program, or cannot load llama.cpp.</exception>
    /// <param name="given">The program; null: the tool, or this library started as a program.</param>
    public static LlamaWorkerProcess Start(WorkerProgram? given = null)
    {
        WorkerProgram program =
            given
            ?? LlamaWorker.Program()
            ?? throw new FulcrumException(
                "GGUF files are read by a worker process; it needs the fulcrum program or the dotnet host, "
                    + "and neither was found"
            );
        LlamaWorkerProcess worker;
        try
        {
            worker = new LlamaWorkerProcess(
                Process.Start(StartInfo(program)) ?? throw new IOException("no process was started")
            );
        }
        catch (Exception e) when (e is IOException or System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            throw new FulcrumException($"the worker process {program.File} does not start: {e.Message}", e);
        }

        try
        {
            (worker.Description, worker.Accelerator) = worker.Received("it started", worker.Greeted);
            return worker;
        }
        catch
        {
            worker.Dispose();
            throw;
        }
    }

    /// <summary>Opens a model file whose header was checked.</summary>
    /// <returns>The size of the vocabulary.</returns>
    /// <exception cref="FulcrumException">llama.cpp refuses the file, or the worker ended. The message names the
    /// file.</exception>
    public int Open(string path, int threads, bool accelerator)
    {
        subject = path;
        return Ask(
            "it read the file",
            LlamaOperation.Open,
            to =>
            {
                to.Write(Path.GetFullPath(path));
                to.Write(threads);
                to.Write(accelerator);
            },
            from => from.ReadInt32()
        );
    }

    /// <inheritdoc/>
    public void Allocate(CacheSizes sizes) =>
        _ = Ask(
            "it made the KV cache",
            LlamaOperation.Allocate,
            to =>
            {
                to.Write(sizes.Cells);
                to.Write(sizes.Batch);
                to.Write(sizes.Rows);
            },
            _ => 0
        );

    /// <inheritdoc/>
    public void Clear() => Tell(LlamaOperation.Clear);

    /// <inheritdoc/>
    public void Share(int from, int to, int length) => Tell(LlamaOperation.Share, from, to, length);

    /// <inheritdoc/>
    public void Remove(int sequence) => Tell(LlamaOperation.Remove, sequence);

    /// <inheritdoc/>
    public IReadOnlyList<TokenAnswer> Decode(IReadOnlyList<BatchToken> tokens) =>
        Ask("it computed", LlamaOperation.Decode, to => LlamaWire.Write(to, tokens), LlamaWire.ReadAnswers);

    /// <summary>Tokenises a text with llama.cpp's tokenizer. Special tokens in the text are recognised.</summary>
    public int[] Tokenize(string text, bool addSpecial) =>
        Ask(
            "it tokenised a text",
            LlamaOperation.Tokenize,
            to =>
            {
                to.Write(text);
                to.Write(addSpecial);
            },
            LlamaWire.ReadInts
        );

    /// <summary>Quantises a file by llama.cpp's quantiser.</summary>
    /// <exception cref="FulcrumException">llama.cpp refuses, or the worker ended.</exception>
    public void Quantize(string source, string target, int type, int threads)
    {
        subject = target;
        _ = Ask(
            "it quantised",
            LlamaOperation.Quantize,
            to =>
            {
                to.Write(Path.GetFullPath(source));
                to.Write(Path.GetFullPath(target));
                to.Write(type);
                to.Write(threads);
            },
            _ => 0
        );
    }

    /// <summary>Dequantises rows.</summary>
    public float[] Dequantize(string type, byte[] rows, int elements) =>
        Ask(
            "it dequantised",
            LlamaOperation.Dequantize,
            to =>
            {
                to.Write(type);
                LlamaWire.Write(to, rows);
                to.Write(elements);
            },
            LlamaWire.ReadArray<float>
        );

    /// <inheritdoc/>
    public void Dispose()
    {
        WorkerProgram.Kill(process);
        process.Dispose();
    }

    private (string Description, bool Accelerator) Greeted(BinaryReader from) =>
        from.ReadString() is LlamaWire.Greeting
            ? Checked(r => (r.ReadString(), r.ReadBoolean()))
            : throw new EndOfStreamException();

    private void Tell(LlamaOperation operation, params ReadOnlySpan<int> arguments)
    {
        try
        {
            input.Write((byte)operation);
            foreach (int argument in arguments)
            {
                input.Write(argument);
            }
        }
        catch (IOException e)
        {
            throw Ended("it computed", e);
        }
    }

    private T Ask<T>(string doing, LlamaOperation operation, Action<BinaryWriter> write, Func<BinaryReader, T> read) =>
        Received(
            doing,
            _ =>
            {
                input.Write((byte)operation);
                write(input);
                input.Flush();
                return Checked(read);
            }
        );

    private T Received<T>(string doing, Func<BinaryReader, T> read)
    {
        try
        {
            return read(output);
        }
        catch (Exception e) when (e is IOException or FormatException) // a text of no valid length
        {
            throw Ended(doing, e);
        }
    }

    private T Checked<T>(Func<BinaryReader, T> read) =>
        output.ReadByte() switch
        {
            LlamaWire.Done => read(output),
            LlamaWire.Refused => throw new FulcrumException($"{subject}: {output.ReadString()}"),
            _ => throw new EndOfStreamException(),
        };

    private FulcrumException Ended(string doing, Exception cause)
    {
        const int OutOfMemoryKill = 128 + 9;
        bool ended = process.WaitForExit(TimeSpan.FromSeconds(5));
        WorkerProgram.Kill(process);
        string how =
            !ended ? "stopped answering"
            : process.ExitCode > 128 ? $"was ended by signal {process.ExitCode - 128}"
            : $"ended with exit code {process.ExitCode}";
        string why =
            ended && process.ExitCode == OutOfMemoryKill
                ? "the machine may have too little memory"
                : "the file may be damaged";
        return new FulcrumException($"{subject}: llama.cpp's worker process {how} while {doing}; {why}", cause);
    }

    // Read in this process, because the worker does not get every variable.
    private static bool SpinningIsSet =>
        Environment.GetEnvironmentVariable("GOMP_SPINCOUNT") is not null
        || Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is not null;

    private static ProcessStartInfo StartInfo(WorkerProgram program)
    {
        ProcessStartInfo start = program.StartInfo(name =>
            Inherited.Contains(name) || InheritedPrefixes.Any(p => name.StartsWith(p, StringComparison.Ordinal))
        );
        start.Environment["GGML_NO_BACKTRACE"] = "1"; // a crash would start a debugger
        if (!SpinningIsSet)
        {
            // Long spinning of idle threads makes llama.cpp three times slower on a busy machine.
            start.Environment["GOMP_SPINCOUNT"] = "5000";
        }

        return start;
    }
}
