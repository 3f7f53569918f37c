using Fulcrum.Sandbox;

namespace Fulcrum.Llama.Worker;

/// <summary>The worker process that runs llama.cpp. It is a separate process, because a damaged model file may end the
/// process that reads it.</summary>
internal static class LlamaWorker
{
    /// <summary>The hidden verb that makes the tool a worker.</summary>
    public const string Verb = "llama-worker";

    private static bool confined;

    /// <summary>The entry point of this library, used if the .NET host starts it as a worker for a program that embeds
    /// it.</summary>
    internal static int Main(string[] arguments)
    {
        if (arguments is [Verb])
        {
            return Serve();
        }

        Console.Error.WriteLine("Fulcrum.Llama.dll is a library; the command is fulcrum");
        return 2;
    }

    /// <summary>Finds the program of the worker; returns null if there is none.</summary>
    internal static WorkerProgram? Program() => WorkerProgram.Find(Verb, typeof(LlamaWorker).Assembly);

    /// <summary>Executes operations until standard input ends. Returns the exit code.</summary>
    public static int Serve()
    {
        using WorkerSignals ignored = new();
        ProcessLimits.Watch(long.MaxValue);
        using BinaryWriter output = new(new BufferedStream(Console.OpenStandardOutput(), 1 << 16));
        using BinaryReader input = new(new BufferedStream(Console.OpenStandardInput(), 1 << 16));
        output.Write(LlamaWire.Greeting);
        Reply(
            output,
            LlamaNative.Start,
            () =>
            {
                output.Write(LlamaNative.Description);
                output.Write(LlamaNative.Accelerator);
            }
        );
        LlamaNative? model = null;
        while (Next(input) is { } operation)
        {
            Answer(operation, input, output, ref model);
        }

        model?.Dispose();
        return 0;
    }

    private static LlamaOperation? Next(BinaryReader input)
    {
        try
        {
            return (LlamaOperation)input.ReadByte();
        }
        catch (EndOfStreamException)
        {
            return null; // the parent has ended
        }
    }

    private static void Answer(
        LlamaOperation operation,
        BinaryReader input,
        BinaryWriter output,
        ref LlamaNative? model
    )
    {
        LlamaNative? open = model;
        LlamaNative Model() => open ?? throw new InvalidOperationException("no model is open");
        switch (operation)
        {
            case LlamaOperation.Open:
                (string path, int threads, bool accelerator) = (
                    input.ReadString(),
                    input.ReadInt32(),
                    input.ReadBoolean()
                );
                open?.Dispose();
                if (!accelerator)
                {
                    Confine();
                }

                Reply(
                    output,
                    () => open = LlamaNative.Open(path, threads, accelerator),
                    () => output.Write(open!.VocabularySize)
                );
                model = open;
                break;
            case LlamaOperation.Allocate:
                CacheSizes sizes = new(input.ReadInt32(), input.ReadInt32(), input.ReadInt32());
                Reply(output, () => Model().Allocate(sizes), () => { });
                break;
            case LlamaOperation.Clear:
                Model().Clear();
                break;
            case LlamaOperation.Share:
                Model().Share(input.ReadInt32(), input.ReadInt32(), input.ReadInt32());
                break;
            case LlamaOperation.Remove:
                Model().Remove(input.ReadInt32());
                break;
            case LlamaOperation.Decode:
                BatchToken[] tokens = LlamaWire.ReadTokens(input);
                IReadOnlyList<TokenAnswer> answers = [];
                Reply(output, () => answers = Model().Decode(tokens), () => LlamaWire.Write(output, answers));
                break;
            default:
                AnswerAboutFiles(operation, input, output, open);
                break;
        }
    }

    // From here on this process reads untrusted data and writes no files.
    private static void Confine()
    {
        if (confined)
        {
            return;
        }

        confined = true;
        ProcessLimits.Confine(mostBytes: null);
        _ = SystemCallFilter.Install();
    }

    private static void AnswerAboutFiles(
        LlamaOperation operation,
        BinaryReader input,
        BinaryWriter output,
        LlamaNative? model
    )
    {
        switch (operation)
        {
            case LlamaOperation.Tokenize:
                (string text, bool special) = (input.ReadString(), input.ReadBoolean());
                int[] ids = [];
                Reply(output, () => ids = model!.Tokenize(text, special), () => LlamaWire.Write(output, ids));
                break;
            case LlamaOperation.Quantize:
                (string source, string target, int type, int threads) = (
                    input.ReadString(),
                    input.ReadString(),
                    input.ReadInt32(),
                    input.ReadInt32()
                );
                Reply(output, () => LlamaNative.Quantize(source, target, type, threads), () => { });
                break;
            case LlamaOperation.Dequantize:
                Confine();
                string name = input.ReadString();
                byte[] rows = LlamaWire.ReadArray<byte>(input);
                float[] values = new float[input.ReadInt32()];
                Reply(output, () => LlamaNative.Dequantize(name, rows, values), () => LlamaWire.Write(output, values));
                break;
            default:
                throw new InvalidOperationException($"unknown operation {operation}");
        }
    }

    private static void Reply(BinaryWriter output, Action work, Action write)
    {
        try
        {
            work();
            output.Write(LlamaWire.Done);
            write();
        }
        catch (Exception e) when (e is FulcrumException or LLama.Exceptions.RuntimeError)
        {
            output.Write(LlamaWire.Refused);
            output.Write(e.Message);
        }

        output.Flush();
    }
}
