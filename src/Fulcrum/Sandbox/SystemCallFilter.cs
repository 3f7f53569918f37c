using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fulcrum.Sandbox;

/// <summary>Installs a filter (seccomp) by which the Linux kernel refuses system calls that a worker never needs. A
/// query that exploits a memory error in SQLite then cannot reach files, network or other processes.</summary>
/// <remarks>
/// The filter holds for every thread of the process and cannot be removed. It refuses sockets, starting programs and
/// processes, opening a file for writing, changing names or rights of files, access to other processes, and changes to
/// the system. Reading files is allowed, because the worker opens databases and .NET loads its own files late. What the
/// worker reads can only go to the parent, through the worker's output.
/// </remarks>
internal static class SystemCallFilter
{
    // Constants of linux/audit.h, linux/seccomp.h, errno.h and linux/bpf_common.h.
    private const uint X64 = 0xc000003e,
        Arm64 = 0xc00000b7;
    private const uint Allow = 0x7fff0000,
        Kill = 0x80000000,
        Refuse = 0x00050000;
    private const uint NotPermitted = 1,
        AccessDenied = 13,
        Unknown = 38;
    private const ushort LoadWord = 0x20,
        JumpIfEqual = 0x15,
        JumpIfAtLeast = 0x35,
        JumpIfAnyBit = 0x45,
        Return = 0x06;

    // Offsets of struct seccomp_data.
    private const uint NumberAt = 0,
        ArchitectureAt = 4,
        ArgumentsAt = 16;
    private const uint WritingBits = 0x3 | 0x40 | 0x200 | 0x400000; // O_WRONLY and O_RDWR, O_CREAT, O_TRUNC, O_TMPFILE
    private const uint ThreadBit = 0x10000; // CLONE_THREAD
    private const uint TypeIntoTerminal = 0x5412,
        TypeIntoConsole = 0x541c; // TIOCSTI, TIOCLINUX

    /// <summary>Installs the filter; returns null, or the reason if it is not installed.</summary>
    public static string? Install()
    {
        if (
            !OperatingSystem.IsLinux()
            || RuntimeInformation.ProcessArchitecture is not (Architecture.X64 or Architecture.Arm64)
        )
        {
            return "filters of system calls exist only on Linux on x64 and arm64";
        }

        if (ProcessLimits.ForbidNewPrivileges() != 0)
        {
            return $"the kernel does not forbid new privileges (error {Marshal.GetLastPInvokeError()})";
        }

        Instruction[] program =
        [
            .. Program(RuntimeInformation.ProcessArchitecture == Architecture.X64, (uint)Environment.ProcessId),
        ];
        GCHandle pinned = GCHandle.Alloc(program, GCHandleType.Pinned);
        try
        {
            const int SetFilter = 1,
                AllThreads = 1;
            long seccomp = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 317 : 277;
            Filter filter = new() { Length = (ushort)program.Length, Program = pinned.AddrOfPinnedObject() };
            long code = SystemCallOf(seccomp, SetFilter, AllThreads, ref filter);
            return code == 0 ? null : $"the kernel refuses the filter (error {Marshal.GetLastPInvokeError()})";
        }
        finally
        {
            pinned.Free();
        }
    }

    private static IEnumerable<Instruction> Program(bool x64, uint process)
    {
        int Number(SystemCall call) => x64 ? call.X64 : call.Arm64;
        yield return new(LoadWord, 0, 0, ArchitectureAt);
        yield return new(JumpIfEqual, 1, 0, x64 ? X64 : Arm64);
        yield return new(Return, 0, 0, Kill);
        yield return new(LoadWord, 0, 0, NumberAt);
        yield return new(JumpIfAtLeast, 0, 1, SystemCalls.Newer); // also the x32 calls, whose numbers begin at 2^30
        yield return new(Return, 0, 0, Refuse | Unknown);
        foreach (SystemCall call in SystemCalls.Refused.Where(c => Number(c) >= 0))
        {
            yield return new(JumpIfEqual, 0, 1, (uint)Number(call));
            yield return new(Return, 0, 0, Refuse | NotPermitted);
        }

        foreach (SystemCall call in (SystemCall[])[SystemCalls.OpenAt2, SystemCalls.Clone3])
        {
            yield return new(JumpIfEqual, 0, 1, (uint)Number(call));
            yield return new(Return, 0, 0, Refuse | Unknown);
        }

        IEnumerable<Instruction>[] conditional =
        [
            x64 ? IfAnyBit(Number(SystemCalls.Open), 1, WritingBits, Refuse | AccessDenied, Allow) : [],
            IfAnyBit(Number(SystemCalls.OpenAt), 2, WritingBits, Refuse | AccessDenied, Allow),
            IfAnyBit(Number(SystemCalls.Clone), 0, ThreadBit, Allow, Refuse | NotPermitted),
            Unless(Number(SystemCalls.SignalThread), 0, process),
            If(Number(SystemCalls.Ioctl), 1, TypeIntoTerminal, TypeIntoConsole),
        ];
        foreach (Instruction instruction in conditional.SelectMany(c => c))
        {
            yield return instruction;
        }

        yield return new(Return, 0, 0, Allow);
    }

    // Each block loads an argument and returns; other calls jump over it with their number still loaded.
    private static Instruction[] IfAnyBit(int number, int argument, uint bits, uint then, uint otherwise) =>
        [
            new(JumpIfEqual, 0, 4, (uint)number),
            new(LoadWord, 0, 0, Argument(argument)),
            new(JumpIfAnyBit, 0, 1, bits),
            new(Return, 0, 0, then),
            new(Return, 0, 0, otherwise),
        ];

    private static Instruction[] Unless(int number, int argument, uint value) =>
        [
            new(JumpIfEqual, 0, 4, (uint)number),
            new(LoadWord, 0, 0, Argument(argument)),
            new(JumpIfEqual, 0, 1, value),
            new(Return, 0, 0, Allow),
            new(Return, 0, 0, Refuse | NotPermitted),
        ];

    private static Instruction[] If(int number, int argument, uint one, uint other) =>
        [
            new(JumpIfEqual, 0, 5, (uint)number),
            new(LoadWord, 0, 0, Argument(argument)),
            new(JumpIfEqual, 1, 0, one),
            new(JumpIfEqual, 0, 1, other),
            new(Return, 0, 0, Refuse | NotPermitted),
            new(Return, 0, 0, Allow),
        ];

    // The offset of the lower 32 bits of an argument. Both architectures store them first.
    private static uint Argument(int index) => ArgumentsAt + 8 * (uint)index;

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Instruction(ushort Code, byte IfTrue, byte IfFalse, uint Operand);

    [StructLayout(LayoutKind.Sequential)]
    private struct Filter
    {
        public ushort Length;
        public IntPtr Program;
    }

    [SupportedOSPlatform("linux")]
    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static extern long SystemCallOf(long number, nint operation, nint flags, ref Filter filter);
}
