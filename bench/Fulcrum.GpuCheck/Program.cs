using System.Diagnostics;
using System.Globalization;
using Fulcrum.GpuCheck;
using Fulcrum.Models;
using Fulcrum.Torch;
using Fulcrum.Torch.Interop;

// gpu-check [--device cuda|cuda:N|cpu] [--layers N]
// Golden results, a training of 24 steps, NF4, speed and memory on a device. Exit code 1 if a check fails.
// The speed is that of 24 layers and 32 prompts. On a CPU it is that of one layer and 8 prompts, so that the run takes
// less than ten minutes there too.
Dictionary<string, string> options = args.Chunk(2)
    .Where(a => a.Length == 2)
    .ToDictionary(a => a[0].TrimStart('-'), a => a[1], StringComparer.Ordinal);
string device = options.GetValueOrDefault("device") ?? "cuda";
bool onCpu = device == "cpu";
int layers = int.Parse(options.GetValueOrDefault("layers") ?? (onCpu ? "1" : "24"), CultureInfo.InvariantCulture);
long start = Stopwatch.GetTimestamp();
try
{
    Libtorch.Load();
    new TorchEngine().Resolve(ModelSpec.InFolder("", Dtype.F32, device: device)); // refuses a missing device
    foreach ((string name, string path) in Libtorch.Loaded)
    {
        Console.WriteLine($"{name}: {path}");
    }

    Console.WriteLine($"device: {device}; layers of the timed model: {layers}\n");
    return Run(device, layers);
}
catch (Fulcrum.FulcrumException e)
{
    Console.Error.WriteLine($"gpu-check: {e.Message}");
    return e.ExitCode;
}

int Run(string on, int depth)
{
    Reference here = new(on),
        cpu = new("cpu");
    CheckTable table = new();
    CheckTable.Begin();
    const string Requests = "score-qwen2-tied";
    table.Limited("log-likelihoods f32, nats from the reference", 2e-3, () => Reference.Distance(here.Model, Requests));
    table.Limited("greedy completions f32, different", 0, here.DifferentCompletions);
    table.Limited(
        "log-likelihoods with a DoRA adapter, nats from the reference",
        2e-3,
        () => Reference.Distance(here.Adapted, "score-lora-dora")
    );
    foreach (Dtype dtype in (Dtype[])[Dtype.Bf16, Dtype.F16])
    {
        ModelSpec half = here.Model with { Dtype = dtype };
        table.Limited($"log-likelihoods {dtype}, nats from the reference", 2, () => Reference.Distance(half, Requests));
    }

    ModelSpec quantised = here.Model with { Quantization = Quantization.Nf4Double };
    table.Limited(
        "log-likelihoods NF4 with double quantisation, nats from the CPU",
        2e-3,
        () => Reference.Distance(quantised, quantised with { Device = cpu.Device }, Requests)
    );
    table.Limited("losses of 24 training steps, relative", 1e-3, here.TrainingDistance);
    TimeAll(table, on, depth);
    double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
    Console.WriteLine($"\n{seconds:F0} s, {table.Failed} checks fail");
    return table.Failed == 0 ? 0 : 1;
}

static void TimeAll(CheckTable table, string on, int depth)
{
    string folder = Directory.CreateTempSubdirectory("gpu-check").FullName;
    try
    {
        Speed.WriteModel(folder, depth);
        (Dtype, Quantization)[] forms =
        [
            (Dtype.F32, Quantization.None),
            (Dtype.Bf16, Quantization.None),
            (Dtype.Bf16, Quantization.Nf4Double),
        ];
        foreach ((Dtype dtype, Quantization quantization) in forms)
        {
            int prompts = on == "cpu" ? 8 : 32;
            Speed speed = new(folder, on, dtype, quantization, prompts);
            string form = $"{dtype} {quantization}".ToLowerInvariant();
            using GpuMemory? memory = on == "cpu" ? null : new();
            table.Measured($"score, {form}", "tokens/s", speed.Score);
            table.Measured($"generate {prompts} at once, {form}", "tokens/s", speed.Generate);
            table.Measured($"train, {form}", "tokens/s", speed.Train);
            if (memory is not null)
            {
                table.Measured($"memory on the GPU, {form}", "MiB", () => memory.MostMebibytes);
            }
        }
    }
    finally
    {
        Directory.Delete(folder, recursive: true);
    }
}
